import Foundation
import Support
import Synchronization
import Testing

@testable import VTEnrich

@Suite struct BasicScenarios {
    @Test func `F01 the first start begins at the end, or at the beginning when told so`() throws {
        let end = try FollowBench(start: .end)
        end.writer.write(3)
        end.forgiveAll()
        end.look()
        #expect(end.store.received.isEmpty)
        #expect(end.log.count("from its end, offset \(end.trail.status.size!)") == 1)
        end.writer.write(2)
        end.look()
        #expect(end.report.isClean)
        #expect(end.store.received.count == 2)

        let beginning = try FollowBench(start: .beginning)
        beginning.writer.write(3)
        beginning.look()
        #expect(beginning.report.isClean)
        #expect(beginning.store.received.count == 3)
        #expect(beginning.log.count("from its beginning, offset 0") == 1)
    }

    @Test(arguments: [0, 100, 5_000, 300_000])
    func `F01 a half line at the end is completed and taken`(padding: Int) throws {
        let bench = try FollowBench(start: .end)
        bench.writer.write(1)
        bench.forgiveAll()
        bench.writer.padding = padding
        var hasLooked = false
        bench.writer.append(1, pieces: [100 + padding, 10_000_000]) {
            if !hasLooked { bench.look() }
            hasLooked = true
        }
        bench.look()
        #expect(bench.store.received == ["1789114831.2"])
    }

    @Test func `F01 the place chosen at the first start is kept even when nothing is read`() throws {
        let bench = try FollowBench(start: .end)
        bench.writer.write(3)
        bench.forgiveAll()
        bench.look()
        bench.kill { bench.writer.write(2) }
        bench.look()
        #expect(bench.store.received == ["1789114831.4", "1789114831.5"])
    }

    @Test func `F02 without a file it waits, says so once in ten minutes, and begins at byte 0`() throws {
        let bench = try FollowBench(start: .end)
        bench.writer.deletePath()
        for _ in 0..<30 {
            bench.look()
            bench.advance(1)
        }
        #expect(bench.trail.status.waitingForFile)
        #expect(bench.log.count("waiting for") == 1)
        bench.advance(600)
        bench.look()
        #expect(bench.log.count("waiting for") == 2)
        bench.writer.write(2)
        bench.writer.restorePath()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 2)
        #expect(!bench.trail.status.waitingForFile)
        #expect(bench.trail.status.problems.isEmpty)
    }

    @Test func `F04 half a line waits for its rest, also over a restart and a kill`() throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.look()
        let lineStart = bench.checkpoint?.offset
        var pieces = 0
        bench.writer.append(1, pieces: [60]) {
            pieces += 1
            bench.look()
            #expect(bench.store.received.count == 1 || bench.trail.status.partialBytes == 0)
            if bench.store.received.count == 1 { #expect(bench.checkpoint?.offset == lineStart) }
            switch pieces {
            case 1: bench.advance(10)
            case 2: bench.advance(600)
            case 3: bench.restart()
            default: bench.kill()
            }
        }
        bench.look()
        #expect(pieces > 3)
        #expect(bench.report.isClean)
        #expect(bench.store.count(.malformed) == 0)
    }

    @Test(arguments: [1, 2, 13, 4096])
    func `F05 lines in small pieces, with empty lines and carriage returns between them`(size: Int) throws {
        let bench = try FollowBench()
        bench.writer.append(3, pieces: [size], between: bench.look)
        bench.writer.appendRaw("\n\r\n\n")
        bench.writer.append(1, pieces: [size], between: bench.look)
        let line = AlertsWriter.line(id: "1789114831.77", number: 77).dropLast() + "\r\n"
        bench.writer.appendRaw(String(line))
        bench.look()
        #expect(bench.store.received == (1...4).map { "1789114831.\($0)" } + ["1789114831.77"])
        bench.advance(2)
        bench.look()
        #expect(bench.store.count(.linesRead) == 5)
        #expect(bench.store.count(.malformed) == 0)
    }

    @Test func `F05 a cut inside a character harms nothing, and a last line without newline is shown and never taken`()
        throws
    {
        let bench = try FollowBench()
        let line = Array(
            AlertsWriter.line(id: "1789114831.1", number: 1).replacing("attempt", with: "Zürich 試 🜚").utf8)
        for byte in line.dropLast() {
            bench.writer.appendRaw([byte])
            bench.look()
        }
        #expect(bench.store.received.isEmpty)
        #expect(bench.trail.status.partialBytes == UInt64(line.count - 1))
        #expect(bench.trail.status.lagBytes == 0)
        bench.writer.appendRaw([10])
        bench.look()
        #expect(bench.store.received.count == 1)
        #expect(bench.store.count(.malformed) == 0)
    }

    @Test(arguments: [65_537, 70_000, 600_000, 2_097_152])
    func `F06 a line beyond the limit is passed over in constant memory`(length: Int) throws {
        let bench = try FollowBench()
        bench.settings.alerts.maxLineBytes = 65_536
        bench.restart()
        bench.writer.write(2)
        bench.look()
        let chunk = [UInt8](repeating: 120, count: 65_536)
        var left = length
        while left > 0 {
            bench.writer.appendRaw(Array(chunk.prefix(left)))
            left -= min(left, chunk.count)
            bench.look()
        }
        #expect(bench.store.received.count == 2)
        bench.kill()
        bench.writer.appendRaw([10])
        bench.writer.write(2)
        bench.look()
        bench.advance(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 4)
        #expect(bench.store.count(.oversize) == 1)
        #expect(bench.store.count(.malformed) == 0)
        #expect(bench.checkpoint?.offset == bench.trail.status.size)
        #expect(bench.trail.buffer.memory.count <= 65_536 + ConsumedContent.tailLimit + 2)
    }

    @Test func `F06 a line of exactly the limit is read, one byte more is not`() throws {
        let bench = try FollowBench()
        let length = AlertsWriter.line(id: "1789114831.1", number: 1).utf8.count - 1
        bench.settings.alerts.maxLineBytes = length
        bench.restart()
        bench.writer.write(1)
        bench.writer.padding = 1
        bench.writer.write(1)
        bench.look()
        #expect(bench.store.received == ["1789114831.1"])
        #expect(bench.store.count(.oversize) == 1)
    }

    @Test func `F07 half an alert glued to a complete one: the complete one is taken, the half is kept aside`() throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.writer.crashHalfLine()
        bench.writer.write(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 3)
        #expect(bench.store.count(.malformed) == 1)
        let quarantine = try bench.folder.read("quarantine.ndjson")
        #expect(quarantine.split(separator: "\n").count == 1)
        #expect(quarantine.contains("1789114831.2") == false)
        #expect(quarantine.contains("crash"))
    }

    @Test func `F07 the shape of an alert inside quoted text is no second alert`() throws {
        let bench = try FollowBench()
        let text = AlertsWriter.line(id: "1789114831.9", number: 9)
            .replacing(
                "from ",
                with: #"from {\"timestamp\":\"2026\"}{\"timestamp\":\"x\","id\":\"1\"} "#.replacing(
                    ",\"id", with: ",\\\"id"))
        bench.writer.appendRaw(text)
        bench.look()
        #expect(bench.store.received == ["1789114831.9"])
        #expect(bench.store.count(.malformed) == 0)
    }

    static let garbage: [(name: String, bytes: [UInt8])] = [
        ("invalid JSON", Array(#"{"timestamp":"x","rule":{"level":}"#.utf8)),
        ("NUL bytes", Array(#"{"timestamp":"x","rule":{"#.utf8) + [0, 0, 0]),
        ("invalid UTF-8 and no JSON", [0xff, 0xfe, 0xc0, 0x80, 0x7b]),
        (
            "binary",
            (0..<131_072).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }.map {
                $0 == 10 ? 11 : $0 == 0 ? 1 : $0
            }
        ),
        ("deep nesting", Array(#"{"timestamp":"x","rule":"#.utf8) + [UInt8](repeating: 91, count: 10_000)),
    ]

    @Test(arguments: garbage.indices)
    func `F08 what is no alert is counted and kept in part, and the next line is taken`(index: Int) throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.writer.appendRaw(Self.garbage[index].bytes + [10])
        bench.writer.write(1)
        bench.look()
        #expect(bench.report.isClean, "\(Self.garbage[index].name)")
        #expect(bench.store.received.count == 2)
        #expect(bench.store.count(.malformed) == 1)
        let path = bench.folder["quarantine.ndjson"]
        let facts = try FileFacts.of(path: path)
        #expect(facts.mode == 0o600)
        #expect(facts.size < 16_384)
    }

    @Test func `F08 the quarantine stays bounded under a flood of garbage`() throws {
        let bench = try FollowBench()
        let flood = Array(String(repeating: "{\"timestamp\":garbage garbage garbage garbage\n", count: 400).utf8)
        for _ in 0..<20 {
            bench.writer.appendRaw(flood)
            bench.look()
            bench.advance(2)
        }
        bench.look()
        #expect(bench.store.count(.malformed) == 8_000)
        let current = try FileFacts.of(path: bench.folder["quarantine.ndjson"]).size
        let previous = try FileFacts.of(path: bench.folder["quarantine.ndjson.1"]).size
        #expect(current <= UInt64(Quarantine.fileLimit))
        #expect(previous <= UInt64(Quarantine.fileLimit))
    }

    @Test func `F48 nothing is committed while nothing is read, and unwanted lines once a second at most`() throws {
        let bench = try FollowBench()
        bench.look()
        let before = bench.store.state.withLock { $0.commits }
        for _ in 0..<600 {
            bench.look()
            bench.advance(1)
        }
        #expect(bench.store.state.withLock { $0.commits } == before)
        for _ in 0..<100 {
            bench.writer.appendRaw("{\"no\":\"alert\"}\n")
            bench.look()
            bench.advance(0.1)
        }
        bench.advance(1)
        bench.look()
        #expect((9...12).contains(bench.store.state.withLock { $0.commits } - before))
        #expect(bench.store.count(.linesRead) == 100)
    }
}
