import GRDB
import VTEnrichCore

/// How long the state remembers.
package struct PruningSettings: Sendable, Equatable {
    /// Ids of accepted alerts (P3): seconds, and how many at most.
    package var seenAge = 7 * 86_400.0
    package var seenCount = 1_000_000
    /// Seconds that an expired verdict is kept (`cache.max_stale`).
    package var maxStale: Double
    /// Days of the quota ledger: 13 months. By their number, since a clock that jumped must not empty the ledger.
    package var spentDays = 400
    /// The same of the report's figures, and of the names in it.
    package var figureDays = 400
    package var nameDays = 90
    /// Rows deleted in one transaction: a few milliseconds.
    package var step = 1_000

    package init(maxStale: Double) {
        self.maxStale = maxStale
    }
}

extension Store {
    /// Forgets what is too old, one small step of each kind in a transaction of its own, so that no commit waits long (T17).
    /// Writes nothing when nothing is too old. True: there is more.
    package func prune(now: Double, _ settings: PruningSettings) throws(StoreError) -> Bool {
        let cutoff = try seenCutoff(now: now, settings)
        let seen = try delete(
            from: "seen", key: "alert_id, event_id", where: "accepted_at < ?", ordered: "accepted_at", cutoff,
            settings.step)
        let verdicts = try delete(
            from: "verdict", key: "address", where: "expires_at < ?", ordered: "expires_at", now - settings.maxStale,
            settings.step)
        let told = try delete(
            from: "told", key: "rowid", where: "day < ?", ordered: "day", UTCDate(wall: now - 2 * 86_400).description,
            settings.step)
        try forgetDays(beyond: settings.spentDays)
        let names = try forget("top", "day, kind, name", days: ("top_day", "day", settings.nameDays), settings.step)
        // Last, since they say which days there are.
        let days =
            names
            ? false : try forget("top_day", "day, kind", days: ("top_day", "day", settings.nameDays), settings.step)
        let waits = try forget("waited", "day, bucket", days: ("waited", "day", settings.figureDays), settings.step)
        let hours = try forget(
            "hourly", "hour, what", days: ("hourly", "hour", settings.figureDays * 24), settings.step)
        return seen || verdicts || told || names || days || waits || hours
    }

    /// Before this an id is forgotten: by age, or because there are too many after it.
    private func seenCutoff(now: Double, _ settings: PruningSettings) throws(StoreError) -> Double {
        let newestTooMany = try read("counting the ids") {
            try Double.fetchOne(
                $0, sql: "SELECT accepted_at FROM seen ORDER BY accepted_at DESC LIMIT 1 OFFSET ?",
                arguments: [settings.seenCount])
        }
        return max(now - settings.seenAge, newestTooMany ?? -.infinity)
    }

    private func delete(
        from table: String, key: String, where condition: String, ordered column: String,
        _ cutoff: some DatabaseValueConvertible, _ limit: Int
    ) throws(StoreError) -> Bool {
        let selection = "SELECT \(key) FROM \(table) WHERE \(condition) ORDER BY \(column)"
        let isDue = try read("pruning") {
            try Bool.fetchOne($0, sql: "SELECT EXISTS (\(selection))", arguments: [cutoff]) ?? false
        }
        guard isDue else { return false }
        let deleted = try write("pruning") { db in
            try db.run("DELETE FROM \(table) WHERE (\(key)) IN (\(selection) LIMIT ?)", [cutoff, limit])
            return db.changesCount
        }
        return deleted >= limit
    }

    private func forgetDays(beyond count: Int) throws(StoreError) {
        let first = try read("pruning") {
            try String.fetchOne(
                $0, sql: "SELECT date FROM spent ORDER BY date DESC LIMIT 1 OFFSET ?", arguments: [count])
        }
        guard let first else { return }
        try write("pruning") { try $0.run("DELETE FROM spent WHERE date <= ?", [first]) }
    }

    /// Rows of days (or hours) before the last `days.count` that `days.table` has.
    private func forget(
        _ table: String, _ key: String, days: (table: String, column: String, count: Int), _ limit: Int
    ) throws(StoreError) -> Bool {
        let column = days.column
        let selection = "SELECT \(key) FROM \(table) WHERE \(column) <= ? LIMIT \(limit)"
        let last = try read("pruning") { db -> Int? in
            let last = try Int.fetchOne(
                db,
                sql: "SELECT \(column) FROM \(days.table) GROUP BY \(column) ORDER BY \(column) DESC LIMIT 1 OFFSET ?",
                arguments: [days.count])
            guard let last else { return nil }
            return try Bool.fetchOne(db, sql: "SELECT EXISTS (\(selection))", arguments: [last]) == true ? last : nil
        }
        guard let last else { return false }
        return try write("pruning") { db in
            try db.run("DELETE FROM \(table) WHERE (\(key)) IN (\(selection))", [last])
            return db.changesCount >= limit
        }
    }
}
