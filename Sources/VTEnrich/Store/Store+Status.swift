import GRDB

/// What `status` reads from the tables.
package struct StateSummary: Sendable, Equatable {
    package var counters: [Counter: Int] = [:]
    package var pending = 0
    package var waitingAddresses = 0
    /// nil when too many addresses wait to read them all.
    package var ages: QueueAges?
    /// Wall clock of the oldest waiting alert.
    package var oldestPending: Double?
    /// Events made and not yet sent, by sink.
    package var outbox: [String: Int] = [:]
    /// Counters of the outputs, by sink.
    package var outputs: [String: [OutputCounter: Int]] = [:]
    package var abuseIPDB = SourceState()
    package var cache = CacheStats()
    package var checkpoint: Checkpoint?
}

/// Waiting alerts by how long the oldest alert of their address waits, each counted once.
package struct QueueAges: Sendable, Equatable {
    package static let limits = [("60s", 60.0), ("15m", 900), ("1h", 3_600), ("6h", 21_600)]

    /// By the limits, the last one for those beyond.
    package var counts: [Int]

    /// As `status --json` gives it: below each limit, and `older`.
    package var byLimit: [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(Self.limits.map(\.0) + ["older"], counts))
    }
}

extension Store {
    /// More waiting addresses than this are not read for `status`, which answers within a second.
    static let agesAtMost = 200_000

    private static func ages(in db: Database, now: Double) throws -> QueueAges {
        let sums = QueueAges.limits.map { _ in "SUM(CASE WHEN first_at > ? THEN alerts ELSE 0 END)" }
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(sums.joined(separator: ", ")), SUM(alerts) FROM waiting"),
            arguments: StatementArguments(QueueAges.limits.map { now - $0.1 }))
        let upTo = (0...QueueAges.limits.count).map { row?[$0] as Int? ?? 0 }
        return QueueAges(counts: upTo.enumerated().map { $0 == 0 ? $1 : $1 - upTo[$0 - 1] })
    }

    package func summary(alertsPath: String, now: Double) throws(StoreError) -> StateSummary {
        var summary = StateSummary()
        summary.cache = try cacheStats(now: now)
        summary.checkpoint = try checkpoint(for: alertsPath)
        summary.oldestPending = try oldestPending()
        summary.pending = pending
        summary.abuseIPDB = try state(ofSource: Self.abuseIPDB, now: now)
        let (counters, waiting, ages, outbox) = try read("reading the counters") { db in
            let waiting = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM waiting") ?? 0
            return (
                try Row.fetchAll(db, sql: "SELECT name, value FROM counter"), waiting,
                waiting > Self.agesAtMost ? nil : try Self.ages(in: db, now: now),
                try Row.fetchAll(
                    db, sql: "SELECT sink, COUNT(*) AS events FROM outbox WHERE sent_at IS NULL GROUP BY sink")
            )
        }
        for row in counters {
            if let counter = Counter(rawValue: row["name"]) { summary.counters[counter] = row["value"] }
            if let (sink, counter) = OutputCounter.read(row["name"]) {
                summary.outputs[sink, default: [:]][counter] = row["value"]
            }
        }
        summary.waitingAddresses = waiting
        summary.ages = ages
        for row in outbox { summary.outbox[row["sink"]] = row["events"] }
        return summary
    }
}
