import Foundation
import Glibc
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// Scaled down; `FOLLOW_MEGABYTES` gives other sizes, the figures printed are those of this build and machine.
@Suite struct LoadScenarios {
    static let megabytes = ProcessInfo.processInfo.environment["FOLLOW_MEGABYTES"].flatMap { Int($0) } ?? 16

    @Test func `F49 a backlog at the start is read in turns, and nothing of it is missed`() async throws {
        let result = try await onOwnQueue { () -> (received: Int, turns: Int, seconds: Double, lagFell: Bool) in
            let bench = try FollowBench()
            bench.selector = AlertSelector(SelectionSettings(filters: [AlertFilter(ruleIDs: [5710...5710])]))
            bench.pieceSize = ReadBuffer().pieceSize
            bench.restart()
            bench.look()
            let block = Self.unwanted(megabytes: 1)
            for _ in 0..<Self.megabytes {
                bench.writer.appendRaw(block)
                bench.writer.write(1)
            }
            bench.restart()
            let start = monotonicSeconds()
            var turns = 0
            var lags: [UInt64] = []
            while bench.trail.look().hasMore {
                turns += 1
                lags.append(bench.trail.status.lagBytes)
            }
            let seconds = monotonicSeconds() - start
            return (bench.store.received.count, turns, seconds, lags == lags.sorted(by: >))
        }
        print("F49: \(Self.megabytes) MB in \(result.seconds) s, \(Double(Self.megabytes) / result.seconds) MB/s")
        #expect(result.received == Self.megabytes)
        #expect(result.turns >= Self.megabytes / 10)
        #expect(result.lagFell)
    }

    @Test func `F47 a writer at full speed with rotations is kept up with, in order`() async throws {
        let folder = try TemporaryFolder()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let store = try Store.inMemory()
        let running = RunningFollower.Running(folder, store: store)
        try await eventually("started") { running.follower.status().offset != nil }
        let ledger = writer.ledger
        let box = Handed(writer)
        try await onOwnQueue {
            for round in 1...(Self.megabytes * 5) {
                box.value.append(20)
                if round % 40 == 0 { box.value.rotateSize() }
                usleep(500)
            }
            box.value.flush()
        }
        let written = ledger.all.count
        try await eventually("\(written) alerts", within: 120) { store.pending == written }
        try await eventually("no lag") { running.follower.status().lagBytes == 0 }
        await running.stop()
        #expect(running.log.count("gone") == 0)
    }

    /// Gives a value to another queue; nobody else touches it meanwhile.
    final class Handed<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    /// Alerts of another rule, about 900 bytes each.
    private static func unwanted(megabytes: Int) -> [UInt8] {
        let line = Array(
            AlertsWriter.line(id: "1789000000.1", number: 9, padding: 650).replacing("5710", with: "80700").utf8)
        return Array(repeatElement(line, count: megabytes * 1_000_000 / line.count).joined())
    }
}
