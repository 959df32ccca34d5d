import GRDB
package import VTEnrichCore

/// The waiting addresses as the order of lookups sees them, and what was asked for in the last hours.
extension Store {
    /// Those who may be next, for `LookupOrder` to choose from: of each class the ones with the most alerts and the oldest,
    /// `each` of both.
    package func candidates(each: Int) throws(StoreError) -> [LookupCandidate] {
        try read("choosing the next lookup") { db in
            var candidates: [LookupCandidate] = []
            for levelClass in LevelClass.allCases {
                for order in ["alerts DESC, first_at", "first_at"] {
                    let rows = try Row.fetchAll(
                        db.cachedStatement(
                            sql: "SELECT * FROM waiting WHERE class = ? AND checked = 1 ORDER BY \(order) LIMIT ?"),
                        arguments: [levelClass.rawValue, each])
                    candidates += try rows.map { try LookupCandidate(row: $0) }
                }
            }
            return candidates
        }
    }

    /// The demand of the hours that a forecast looks at.
    package func demand(now: Double) throws(StoreError) -> [Demand] {
        try read("reading the demand") { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM demand WHERE hour >= ? ORDER BY hour"),
                arguments: [Self.hour(now) - Self.hoursKept]
            ).compactMap { row in
                LevelClass(rawValue: row["class"]).map {
                    Demand(hour: row["hour"], levelClass: $0, addresses: row["addresses"], repeated: row["repeated"])
                }
            }
        }
    }

    /// Days, so that the first hour of a forecast's window is known not to be the first of all.
    private static let hoursKept = 72

    func demand(_ level: Int, addresses: Int, repeated: Int, now: Double, in db: Database) throws {
        let hour = Self.hour(now)
        try db.run(
            """
            INSERT INTO demand VALUES (?, ?, ?, ?) ON CONFLICT (hour, class) DO UPDATE SET
                addresses = addresses + excluded.addresses, repeated = repeated + excluded.repeated
            """, [hour, LevelClass(level: level).rawValue, addresses, repeated])
        try db.run("DELETE FROM demand WHERE hour < ? OR hour > ?", [hour - Self.hoursKept, hour + 1])
    }

    private static func hour(_ now: Double) -> Int { Int((now / 3_600).rounded(.down)) }
}

extension LookupCandidate {
    /// Throws for an address that is none: `accept` never writes one, so the database is damaged.
    init(row: Row) throws {
        guard let address = String.fromDatabaseValue(row["address"]).flatMap({ IPAddress($0) }) else {
            throw StoreError(.corrupt, "an address of the queue cannot be read")
        }
        self.init(address: address, level: row["level"], alerts: row["alerts"], firstAt: row["first_at"])
    }
}
