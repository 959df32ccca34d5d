import Foundation
import Glibc
import Support
import Synchronization
import Testing

@testable import VTEnrich

@Suite struct CatchUpScenarios {
    @Test func `F37 after a stop only the new lines are taken, from the exact byte`() throws {
        let bench = try FollowBench(start: .end)
        bench.writer.write(5)
        bench.forgiveAll()
        bench.look()
        bench.restart { bench.writer.write(4) }
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 4)
    }

    enum Form: CaseIterable { case plain, gzip, growingGzip }

    @Test(arguments: Form.allCases)
    func `F38 F39 F40 stopped over a rotation: the rest of yesterday, then today`(form: Form) throws {
        let bench = try FollowBench()
        bench.writer.write(150)
        bench.lookALittle()
        let before = bench.store.received.count
        #expect(before > 0 && before < 150)
        bench.end(orderly: true)
        bench.writer.write(5)
        bench.rotateDay()
        bench.writer.write(5)
        switch form {
        case .plain:
            bench.begin()
            bench.look()
        case .gzip:
            bench.writer.compress(generation: 0)
            bench.begin()
            bench.look()
        case .growingGzip:
            bench.writer.compress(generation: 0) {
                bench.begin()
                bench.lookALittle()
            }
            bench.look()
        }
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 160)
        #expect(bench.store.count(.bytesLost) == 0)
        #expect(bench.log.count("damaged") == 0)
    }

    @Test func `F39 a kill in the middle of a gz goes on in the middle of the gz`() throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.look()
        bench.writer.append(300)
        bench.end(orderly: true)
        bench.rotateDay()
        bench.writer.write(5)
        bench.writer.compress(generation: 0)
        bench.begin()
        for _ in 0..<4 {
            bench.lookALittle()
            bench.kill()
        }
        #expect(bench.store.received.count < 300)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 306)
    }

    @Test func `F41 five days of plain and gz, size rotations, a missing day, a damaged gz and one of two members`()
        throws
    {
        let bench = try FollowBench()
        bench.settings.alerts.maxCatchupAge = 10 * 86_400
        bench.writer.write(3)
        bench.look()
        bench.end(orderly: true)
        bench.writer.write(3)
        bench.rotateDay()  // 1: two members
        bench.writer.write(50)
        bench.writer.rotateSize()  // 2
        bench.writer.write(3)
        bench.rotateDay()  // 3: missing
        bench.writer.write(3)
        bench.rotateDay()  // 4: damaged
        bench.writer.append(600)
        bench.rotateDay()  // 5
        bench.writer.write(3)
        try bench.splitIntoTwoMembers(generation: 1)
        unlink(bench.writer.datedPaths[3])
        bench.writer.compress(generation: 4)
        try bench.damage(bench.writer.datedPaths[4] + ".gz")
        bench.begin()
        bench.look()
        bench.advance(2)
        bench.look()

        let lost = bench.report.missing
        let generations = Dictionary(uniqueKeysWithValues: bench.writer.ledger.all.map { ($0.id, $0.generation) })
        #expect(lost.count { generations[$0] == 3 } == 3)
        let afterDamage = lost.filter { generations[$0] == 4 }
        #expect(afterDamage.count > 100 && afterDamage.count < 600)
        #expect(lost.allSatisfy { [3, 4].contains(generations[$0]) })
        #expect(
            bench.report.duplicates.isEmpty && bench.report.outOfOrder.isEmpty, "\(bench.report)\n\(bench.log.text)")
        #expect(bench.log.count("no alerts on disk for 1 day between") == 1)
        #expect(bench.log.count("is damaged after") == 1)
        #expect(bench.store.count(.bytesLost) > 0)
    }

    @Test(arguments: [
        // New Year, month end with a leap day, month end without.
        (1_798_675_200.0, "2026/Dec/ossec-alerts-31.json", "2027/Jan/ossec-alerts-01.json"),
        (1_835_308_800.0, "2028/Feb/ossec-alerts-28.json", "2028/Feb/ossec-alerts-29.json"),
        (1_803_772_800.0, "2027/Feb/ossec-alerts-28.json", "2027/Mar/ossec-alerts-01.json"),
        // Summer time begins in America and ends in Europe: days of 23 and 25 hours there.
        (1_804_982_400.0, "2027/Mar/ossec-alerts-14.json", "2027/Mar/ossec-alerts-15.json"),
        (1_824_940_800.0, "2027/Oct/ossec-alerts-31.json", "2027/Nov/ossec-alerts-01.json"),
    ])
    func `F42 the order of names over the turn of years, months and summer time`(
        wall: Double, first: String, second: String
    ) throws {
        let bench = try FollowBench(wall: wall)
        #expect(bench.writer.datedPath.hasSuffix(first))
        bench.writer.write(2)
        bench.look()
        bench.restart {
            bench.writer.write(2)
            bench.rotateDay()
            #expect(bench.writer.datedPath.hasSuffix(second))
            bench.writer.write(2)
            bench.writer.rotateSize()
            bench.writer.write(2)
            bench.rotateDay()
            bench.writer.write(2)
        }
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 10)
    }

    @Test(arguments: [true, false])
    func `F42 a time zone that goes back a day: nothing twice, nothing lost`(isRunning: Bool) throws {
        let bench = try FollowBench()
        bench.look()
        bench.writer.write(2)
        bench.rotateDay()
        bench.look()
        bench.writer.write(2)
        bench.rotateDay()
        bench.writer.write(2)
        bench.look()
        if !isRunning { bench.end(orderly: true) }
        bench.writer.write(1)
        bench.writer.goBackADay()
        bench.writer.write(3)
        if isRunning { bench.look() }
        bench.writer.rotateDay()
        bench.writer.write(2)
        if !isRunning { bench.begin() }
        bench.look()
        #expect(bench.report.missing.isEmpty, "\(bench.report)")
        #expect(bench.report.duplicates.isEmpty, "\(bench.report)")
    }

    @Test func `F43 what was last written before max_catchup_age is passed over and reported`() throws {
        let bench = try FollowBench()
        bench.settings.alerts.maxCatchupAge = 2.5 * 86_400
        bench.writer.write(3)
        bench.look()
        bench.end(orderly: true)
        bench.writer.write(3)
        for _ in 0..<5 {
            bench.rotateDay()
            bench.writer.write(3)
        }
        bench.begin()
        bench.look()
        bench.advance(2)
        bench.look()
        let generations = Dictionary(uniqueKeysWithValues: bench.writer.ledger.all.map { ($0.id, $0.generation) })
        #expect(Set(bench.report.missing.map { generations[$0]! }) == [0, 1, 2])
        #expect(bench.store.received.count == 12)
        #expect(bench.report.outOfOrder.isEmpty)
        #expect(bench.log.count("passed over") == 2)
        #expect(bench.store.count(.bytesLost) > 1_000)
    }

    @Test func `F44 another path has its own checkpoint, and going back to the first one repeats nothing`() throws {
        let bench = try FollowBench()
        let other = AlertsWriter(folder: bench.folder["other"], now: bench.writer.now)
        bench.writer.write(3)
        bench.look()
        let first = bench.settings.alerts.path
        bench.settings.alerts.path = other.path
        bench.restart()
        other.write(2)
        bench.look()
        #expect(bench.store.received.count == 5)
        bench.settings.alerts.path = first
        bench.restart { bench.writer.write(1) }
        bench.advance(6 * 86_400)
        bench.look()
        #expect(bench.store.received.count == 6)
        #expect(bench.store.received.last == "1789114831.4")
    }

    @Test func `F45 a crash between the last line of a file and the switch to the next`() throws {
        let bench = try FollowBench()
        bench.writer.write(5)
        bench.look()
        bench.rotateDay()
        bench.kill()
        bench.look()
        bench.kill()
        bench.writer.write(5)
        bench.kill()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 10)
    }

    @Test func `T09 a store that refuses stops the reading, and nothing is missing when it takes again`() throws {
        let bench = try FollowBench()
        bench.writer.write(5)
        bench.look()
        bench.store.state.withLock { $0.failure = FileError("write", "state.db", ENOSPC) }
        bench.writer.write(5)
        bench.rotateDay()
        bench.writer.write(5)
        for _ in 0..<120 {
            bench.look()
            bench.advance(1)
        }
        #expect(bench.store.received.count == 5)
        #expect(bench.trail.status.problems.contains { $0.contains("No space left on device") })
        bench.store.state.withLock { $0.failure = nil }
        bench.advance(5)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 15)
        #expect(bench.trail.status.problems.isEmpty)
    }

    @Test func `T18 a file that cannot be read for a while is read on from where it failed`() throws {
        let bench = try FollowBench()
        bench.writer.write(5)
        bench.look()
        let descriptor = bench.trail.generations[0].source.descriptor
        let file = dup(descriptor)
        let folder = open(bench.folder.path, O_RDONLY | O_DIRECTORY)
        defer {
            close(file)
            close(folder)
        }
        // A folder under the file's number: every read fails.
        dup2(folder, descriptor)
        bench.writer.write(5)
        for _ in 0..<10 {
            bench.look()
            bench.advance(1)
        }
        #expect(bench.store.received.count == 5)
        #expect(bench.trail.status.problems.contains { $0.contains("cannot read \(bench.writer.path)") })
        #expect(bench.log.count("cannot read") == 1)
        dup2(file, descriptor)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 10)
        #expect(bench.trail.status.problems.isEmpty)
    }
}
