import GRDB
package import VTEnrichCore

/// Numbers of the cache as `cache stats` and `status` show them.
package struct CacheStats: Sendable, Equatable {
    package var entries = 0
    package var expired = 0
    /// By `found` verdict, and `not_found`, `invalid`.
    package var byVerdict: [String: Int] = [:]

    package init() {}
}

extension Store {
    package func cachedVerdict(for address: IPAddress) throws(StoreError) -> CachedVerdict? {
        try read("reading the cache") { try cachedVerdict(for: address.description, in: $0) }
    }

    /// - Parameter condition: which entry will do, in SQL.
    func cachedVerdict(for address: String, in db: Database, where condition: String = "1") throws -> CachedVerdict? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(CachedVerdict.columns) FROM verdict WHERE address = ? AND \(condition)")
        return try Row.fetchOne(statement, arguments: [address]).flatMap { CachedVerdict(row: $0, decodedBy: decoder) }
    }

    /// The entries in the order of their addresses' text, from after `address` on.
    package func cachedVerdicts(
        after address: String, limit: Int
    ) throws(StoreError) -> [(address: String, entry: CachedVerdict)] {
        try read("listing the cache") { db in
            try Row.fetchAll(
                db, sql: "SELECT \(CachedVerdict.columns) FROM verdict WHERE address > ? ORDER BY address LIMIT ?",
                arguments: [address, limit]
            ).compactMap { row in CachedVerdict(row: row, decodedBy: decoder).map { (row[0], $0) } }
        }
    }

    package enum Purge: Sendable, Equatable {
        case address(IPAddress)
        case expired
        case all

        /// `expired`, `all` or an address.
        package init?(_ text: String) {
            switch text {
            case "expired": self = .expired
            case "all": self = .all
            default:
                guard let address = IPAddress(cleaning: text) else { return nil }
                self = .address(address)
            }
        }
    }

    /// Purges in small steps until nothing is left of it, so that nobody else waits long; returns how many went.
    package func purgeAll(_ what: Purge, now: Double) throws(StoreError) -> Int {
        var total = 0
        while true {
            let purged = try purge(what, now: now)
            total += purged
            if purged < 2_000 { return total }
        }
    }

    /// Deletes cached verdicts, at most `limit` in one transaction, and says how many: call until it is below `limit`.
    package func purge(_ what: Purge, now: Double, limit: Int = 2_000) throws(StoreError) -> Int {
        try write("purging the cache") { db in
            switch what {
            case .address(let address):
                try db.run("DELETE FROM verdict WHERE address = ?", [address.description])
            case .expired:
                try db.run(
                    """
                    DELETE FROM verdict WHERE address IN
                        (SELECT address FROM verdict WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
                    """, [now, limit])
            case .all:
                try db.run("DELETE FROM verdict WHERE address IN (SELECT address FROM verdict LIMIT ?)", [limit])
            }
            return db.changesCount
        }
    }

    /// `expired` counts up to 100,000: more is not worth the time.
    package func cacheStats(now: Double) throws(StoreError) -> CacheStats {
        try read("reading the cache") { db in
            var stats = CacheStats()
            for row in try Row.fetchAll(db, sql: "SELECT class, entries FROM verdict_count WHERE entries > 0") {
                stats.byVerdict[row["class"]] = row["entries"]
                stats.entries += row["entries"] as Int
            }
            stats.expired =
                try Int.fetchOne(
                    db,
                    sql: "SELECT COUNT(*) FROM (SELECT 1 FROM verdict WHERE expires_at <= ? LIMIT 100000)",
                    arguments: [now]) ?? 0
            return stats
        }
    }
}
