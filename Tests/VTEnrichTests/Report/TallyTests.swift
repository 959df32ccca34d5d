import Foundation
import GRDB
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// What the state counts for the report, and for how long.
@OffPool @Suite struct `Figures of the report` {
    private static let day = 20_000.0 * 86_400

    private static func entry(
        _ verdict: Verdict, owner: String? = "OWNER", country: String? = "US", at now: Double
    ) -> CachedVerdict {
        let facts = ReputationFacts(
            stats: .init(malicious: verdict == .malicious ? 11 : 0, total: 94), country: country, owner: owner)
        return CachedVerdict(reputation: .found(facts), verdict: verdict, fetchedAt: now, expiresAt: now + 86_400)
    }

    /// Accepts alerts and answers them `wait` seconds later.
    private func answer(
        _ store: Store, _ numbers: ClosedRange<Int>, _ address: String, _ verdict: Verdict, at now: Double,
        after wait: Double = 0, owner: String? = "OWNER"
    ) throws {
        var batch = AcceptBatch()
        batch.sources = numbers.map { EventSource.sample($0, address: address) }
        try store.accept(batch, now: now)
        let entry = Self.entry(verdict, owner: owner, at: now + wait)
        try store.answer(IPAddress(address) ?? .v4(0), with: entry, limit: 1_000) {
            [OutboxItem(sink: "analysisd", kind: verdict.rawValue, eventID: $0.eventID, body: Data("{}".utf8))]
        }
    }

    @Test func `alerts are counted by hour, verdict, wait and name`() throws {
        let store = try Store.inMemory()
        try answer(store, 1...3, "45.0.0.1", .malicious, at: Self.day + 3_600)
        try answer(store, 4...5, "45.0.0.2", .unknown, at: Self.day + 7_200, after: 100)
        var batch = AcceptBatch()
        batch.sources = [.sample(6, address: "45.0.0.3")]
        try store.accept(batch, now: Self.day + 8_000)
        _ = try store.expire(before: Self.day + 9_000, limit: 10, now: Self.day + 30_000) { _ in [] }
        try store.writeTallies(now: Self.day + 30_001)

        let report = try store.report(seconds: 3_600, now: Self.day + 40_000)
        let hour = Int(Self.day) / 3_600
        #expect(
            report.hours == [
                hour + 1: ["accepted": 3, "malicious": 3], hour + 2: ["accepted": 3, "unknown": 2],
                hour + 8: ["unenriched": 1],
            ])
        #expect(report.waits == [0: 3, 3: 2])
        let addresses = report.names[.address]?.rows ?? []
        #expect(addresses.map(\.name) == ["45.0.0.1", "45.0.0.2", "45.0.0.3"])
        #expect(addresses.map(\.atMost) == [3, 2, 1] && addresses.map(\.malicious) == [3, 0, 0])
        #expect(report.names[.owner]?.rows.first == .init(name: "OWNER", malicious: 3, atLeast: 5, atMost: 5))
        #expect(report.names[.rule]?.rows.first?.name == "5710" && report.names[.rule]?.alerts == 6)
        #expect(report.names[.agent]?.rows.first?.label == "web-01")
        #expect(report.verdicts["45.0.0.1"]?.verdict == .malicious)
    }

    @Test func `a restart counts on, and a failed transaction counts nothing`() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try Store(directory: folder.path)
            try answer(store, 1...3, "45.0.0.1", .malicious, at: Self.day)
            try answer(store, 4...5, "45.0.0.1", .malicious, at: Self.day + 1)
            try store.writeTallies(now: Self.day + 2)
        }
        let store = try Store(directory: folder.path)
        var batch = AcceptBatch()
        batch.sources = [.sample(6, address: "45.0.0.1")]
        try store.accept(batch, now: Self.day + 20)
        struct Refused: Error {}
        for _ in 1...3 {
            #expect(throws: StoreError.self) {
                try store.answer(
                    IPAddress("45.0.0.1") ?? .v4(0), with: Self.entry(.malicious, at: Self.day + 20), limit: 10
                ) { _ in throw Refused() }
            }
        }
        try store.answer(
            IPAddress("45.0.0.1") ?? .v4(0), with: Self.entry(.malicious, at: Self.day + 20), limit: 10
        ) { _ in [] }
        let report = try store.report(seconds: 3_600, now: Self.day + 40)
        #expect(report.sum("malicious") == 6 && report.names[.address]?.rows.first?.atMost == 6)
    }

    @Test func `names are written when they are due, and a new day begins anew`() throws {
        let store = try Store.inMemory()
        try answer(store, 1...1, "45.0.0.1", .unknown, at: Self.day)
        try answer(store, 2...2, "45.0.0.1", .unknown, at: Self.day + 1)
        func rows(_ now: Double) throws -> [Int] {
            try store.report(seconds: 0, now: now).names[.address]?.rows.map(\.atMost) ?? []
        }
        #expect(try rows(Self.day + 1) == [1])
        try answer(store, 3...3, "45.0.0.1", .unknown, at: Self.day + 6)
        #expect(try rows(Self.day + 6) == [3])
        try answer(store, 4...4, "45.0.0.1", .unknown, at: Self.day + 7)
        try answer(store, 5...5, "45.0.0.1", .unknown, at: Self.day + 86_400)
        #expect(try rows(Self.day + 86_400) == [1])
        #expect(try store.report(seconds: 86_400, now: Self.day + 86_400).names[.address]?.rows.map(\.atMost) == [5])
    }

    @Test func `more names than a day keeps are bounded in the table, and the report says so`() throws {
        let store = try Store.inMemory()
        for number in 0..<1_200 {
            try answer(
                store, (number + 1)...(number + 1), "45.\(number / 250).\(number % 250).1", .unknown, at: Self.day,
                owner: "owner \(number)")
        }
        try answer(store, 2_000...2_099, "45.9.9.9", .malicious, at: Self.day, owner: "late")
        try store.writeTallies(now: Self.day + 10)
        let count = try store.read("counting") {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM top WHERE kind = 'owner'") ?? 0
        }
        #expect(count <= 2 * TallyBook.capacity)
        let report = try store.report(seconds: 0, now: Self.day + 20)
        let owners = try #require(report.names[.owner])
        #expect(owners.alerts == 1_300 && owners.floor > 0 && owners.rows.first?.name == "late")
        let late = try #require(owners.rows.first)
        #expect(late.atLeast == 100 && late.atMost <= 100 + owners.floor)
        #expect(ReportPage.sample(report).html.contains("more than"))
    }

    @Test func `T17 names are kept for 90 days and figures for 400, in small steps`() throws {
        let store = try Store.inMemory()
        try store.write("filling") { db in
            for day in 0..<410 {
                try db.run("INSERT INTO hourly VALUES (?, 'unknown', 1)", [day * 24])
                try db.run("INSERT INTO waited VALUES (?, 0, 1)", [day])
                try db.run("INSERT INTO top_day VALUES (?, 'rule', 1, 0)", [day])
                for name in 0..<5 {
                    try db.run("INSERT INTO top VALUES (?, 'rule', ?, NULL, 1, 0, 0)", [day, "\(name)"])
                }
            }
            for hour in 1...20 { try db.run("INSERT INTO hourly VALUES (?, 'unknown', 1)", [409 * 24 + hour]) }
        }
        var settings = PruningSettings(maxStale: 0)
        settings.figureDays = 10
        settings.step = 100
        var steps = 1
        while try store.prune(now: 1e12, settings) { steps += 1 }
        func count(_ table: String) throws -> Int {
            try store.read("counting") { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") ?? 0 }
        }
        #expect(try count("top") == 90 * 5 && steps > 10)
        #expect(try count("top_day") == 90)
        #expect(try count("waited") == 10)
        #expect(try count("hourly") == 240)
    }
}

extension ReportPage {
    static func sample(_ data: ReportData) -> ReportPage {
        ReportPage(
            data, host: "wazuh-1", version: "0.1.0", dayLimit: 500, verdictSettings: Configuration().verdict)
    }
}
