import Support
import Testing

@testable import VTEnrich

@Suite struct BasicScenarios {
    @Test func `F01 the first start begins at the end, or at the beginning when told so`() throws {
        let end = try FollowBench(start: .end)
        end.writer.append(3)
        end.writer.flush()
        end.writer.ledger.forgive(end.writer.ledger.all.map(\.id))
        end.look()
        #expect(end.store.received.isEmpty)
        #expect(end.log.count("from its end, offset \(end.trail.status.size!)") == 1)
        end.writer.append(2)
        end.writer.flush()
        end.look()
        #expect(end.report.isClean)
        #expect(end.store.received.count == 2)

        let beginning = try FollowBench(start: .beginning)
        beginning.writer.append(3)
        beginning.writer.flush()
        beginning.look()
        #expect(beginning.report.isClean)
        #expect(beginning.store.received.count == 3)
        #expect(beginning.log.count("from its beginning, offset 0") == 1)
    }

    @Test func `F01 a half line at the end is completed and taken`() throws {
        let bench = try FollowBench(start: .end)
        bench.writer.append(1)
        bench.writer.flush()
        bench.writer.ledger.forgive(bench.writer.ledger.all.map(\.id))
        var looked = false
        bench.writer.append(1, pieces: [100, 10_000]) {
            if !looked { bench.look() }
            looked = true
        }
        bench.look()
        #expect(bench.store.received == ["1789114831.2"])
        #expect(bench.report.isClean)
    }

    @Test func `F37 after a stop only the new lines are taken, from the exact byte`() throws {
        let bench = try FollowBench(start: .end)
        bench.writer.append(5)
        bench.writer.flush()
        bench.writer.ledger.forgive(bench.writer.ledger.all.map(\.id))
        bench.look()
        bench.restart {
            bench.writer.append(4)
            bench.writer.flush()
        }
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 4)
    }

    @Test func `F09 a day rotation gives all lines of both files in order`() throws {
        let bench = try FollowBench()
        bench.writer.append(20)
        bench.look()
        bench.writer.rotateDay()
        bench.writer.append(20)
        bench.look()
        bench.writer.flush()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 40)
        #expect(bench.store.count(.rotations) == 1)
    }
}
