import GRDB

/// What `status` reads from the tables.
package struct StateSummary: Sendable, Equatable {
    package var counters: [Counter: Int] = [:]
    package var pending = 0
    package var waitingAddresses = 0
    /// Wall clock of the oldest waiting alert.
    package var oldestPending: Double?
    /// Events made and not yet sent, by sink.
    package var outbox: [String: Int] = [:]
    package var cache = CacheStats()
    package var checkpoint: Checkpoint?
}

extension Store {
    package func summary(alertsPath: String, now: Double) throws(StoreError) -> StateSummary {
        var summary = StateSummary()
        summary.cache = try cacheStats(now: now)
        summary.checkpoint = try checkpoint(for: alertsPath)
        summary.oldestPending = try oldestPending()
        summary.pending = pending
        let (counters, waiting, outbox) = try read("reading the counters") { db in
            (
                try Row.fetchAll(db, sql: "SELECT name, value FROM counter"),
                try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM waiting") ?? 0,
                try Row.fetchAll(
                    db, sql: "SELECT sink, COUNT(*) AS events FROM outbox WHERE \(Self.waitsToBeSent) GROUP BY sink")
            )
        }
        for row in counters {
            if let counter = Counter(rawValue: row["name"]) { summary.counters[counter] = row["value"] }
        }
        summary.waitingAddresses = waiting
        for row in outbox { summary.outbox[row["sink"]] = row["events"] }
        return summary
    }
}
