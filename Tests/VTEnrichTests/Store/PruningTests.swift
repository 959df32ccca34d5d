import Foundation
import GRDB
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// What the state forgets, and when (T17).
@OffPool @Suite struct `Pruning of the state` {
    private func fill(_ store: Store, seen: [Double] = [], expired: [Double] = [], days: Int = 0) throws {
        try store.write("filling") { db in
            for (number, time) in seen.enumerated() {
                try db.run("INSERT INTO seen VALUES (?, ?, ?)", ["\(number)", "id-\(number)", time])
            }
            for (number, time) in expired.enumerated() {
                try db.run(
                    "INSERT INTO verdict (address, class, fetched_at, expires_at) VALUES (?, 'not_found', 0, ?)",
                    ["1.0.\(number / 256).\(number % 256)", time])
            }
            for day in 0..<days {
                try db.run("INSERT INTO spent (date, requests) VALUES (?, 1)", ["day-\(1_000 + day)"])
            }
        }
    }

    private func count(_ table: String, _ store: Store) throws -> Int {
        try store.read("counting") { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") ?? 0 }
    }

    private func pruneAll(_ store: Store, now: Double, _ settings: PruningSettings) throws -> Int {
        var steps = 1
        while try store.prune(now: now, settings) { steps += 1 }
        return steps
    }

    @Test func `T17 ids are forgotten after 7 days, or when there are too many, in small steps`() throws {
        let store = try Store.inMemory()
        try fill(store, seen: (0..<2_500).map(Double.init))
        var settings = PruningSettings(maxStale: 100)
        settings.seenAge = 1_000
        #expect(try pruneAll(store, now: 3_200, settings) == 3)
        #expect(try count("seen", store) == 300)
        settings.seenCount = 50
        _ = try pruneAll(store, now: 3_200, settings)
        #expect(try count("seen", store) == 51)
    }

    @Test func `T17 verdicts are forgotten when they can no longer be served, and the counts follow`() throws {
        let store = try Store.inMemory()
        try fill(store, expired: (0..<2_500).map(Double.init))
        #expect(try pruneAll(store, now: 2_500, PruningSettings(maxStale: 300)) == 3)
        #expect(try count("verdict", store) == 300)
        #expect(try store.cacheStats(now: 0).byVerdict == ["not_found": 300])
    }

    @Test func `the quota ledger keeps its last 400 days, whatever the clock says`() throws {
        let store = try Store.inMemory()
        try fill(store, days: 410)
        _ = try store.prune(now: 1e12, PruningSettings(maxStale: 0))
        #expect(try count("spent", store) == 400)
        _ = try store.prune(now: 1e12, PruningSettings(maxStale: 0))
        #expect(try count("spent", store) == 400)
    }

    @Test func `F48 nothing is written when nothing is old`() throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path)
        try fill(store, seen: [100], expired: [100], days: 10)
        try store.flush()
        let wal = URL(fileURLWithPath: folder["state.db-wal"])
        let before = try (Data(contentsOf: wal), Data(contentsOf: URL(fileURLWithPath: folder["state.db"])))
        #expect(try store.prune(now: 200, PruningSettings(maxStale: 200)) == false)
        try store.flush()
        try store.mend()
        #expect(try Data(contentsOf: wal) == before.0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["state.db"])) == before.1)
    }

    @Test func `T48 nothing is forgotten soon after a start or a jump of the clock`() async throws {
        let (store, clock) = (try Store.inMemory(), ManualClock())
        let start = clock.wall
        try fill(store, seen: [start])
        let housekeeper = Housekeeper(
            store: store, pruning: PruningSettings(maxStale: 0), clock: clock.clock)
        clock.setWall(start + 10 * 365 * 86_400)
        for _ in 1...50 {
            _ = await housekeeper.step()
            clock.advance(10)
        }
        clock.setWall(start + 500)
        for _ in 1...100 {
            _ = await housekeeper.step()
            clock.advance(10)
        }
        #expect(try count("seen", store) == 1)
        clock.advance(8 * 86_400)
        for _ in 1...2 {
            _ = await housekeeper.step()
            clock.advance(10)
        }
        #expect(try count("seen", store) == 0)
    }
}
