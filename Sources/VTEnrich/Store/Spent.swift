import GRDB
import VTEnrichCore

/// The requests of a UTC date and its month, ours and those that others sent with the same key.
struct Spent {
    var day: Int
    var dayByOthers: Int
    var month: Int
    var monthByOthers: Int

    init(_ date: UTCDate, in db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT requests, others FROM spent WHERE date = ?"), arguments: [date.description])
        day = row?["requests"] ?? 0
        dayByOthers = row?["others"] ?? 0
        let sums = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT SUM(requests), SUM(others) FROM spent WHERE date >= ? AND date <= ?"),
            arguments: [date.monthPrefix + "-00", date.monthPrefix + "-99"])
        month = sums?[0] ?? 0
        let told = try db.meta("server_month")?.split(separator: " ") ?? []
        let byOthers = told.count == 2 && told[0] == date.monthPrefix ? Int(told[1]) ?? 0 : 0
        monthByOthers = max(byOthers, sums?[1] ?? 0)
    }

    func budget(_ limits: QuotaLimits) -> DayBudget {
        DayBudget(limits: limits, dayUsed: day + dayByOthers, monthUsed: month + monthByOthers)
    }

    static func add(_ requests: Int, on date: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO spent (date, requests) VALUES (?, MAX(0, ?))
            ON CONFLICT (date) DO UPDATE SET requests = MAX(0, requests + ?)
            """, [date, requests, requests])
    }

    static func setOthers(_ requests: Int, on date: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO spent (date, requests, others) VALUES (?, 0, ?)
            ON CONFLICT (date) DO UPDATE SET others = excluded.others
            """, [date, requests])
    }

    /// `to` has spent at least what `from` had. Set back: what was counted on dates that have not come yet is counted here now.
    static func carry(from: UTCDate, to: UTCDate, in db: Database) throws {
        try db.run(
            """
            INSERT INTO spent (date, requests, others) SELECT ?, requests, others FROM spent WHERE date = ?
            ON CONFLICT (date) DO UPDATE SET requests = MAX(requests, excluded.requests),
                others = MAX(others, excluded.others)
            """, [to.description, from.description])
        try db.run("DELETE FROM spent WHERE date > ?", [to.description])
        guard from.monthPrefix != to.monthPrefix else { return }
        // The other days of the month that may be the true one, as a day before the first.
        let before = try Spent(from, in: db)
        try db.run(
            """
            INSERT INTO spent (date, requests) VALUES (?, ?)
            ON CONFLICT (date) DO UPDATE SET requests = MAX(requests, excluded.requests)
            """, [to.monthPrefix + "-00", max(0, before.month - before.day)])
    }
}

extension Database {
    /// A value of `meta` as text.
    func meta(_ key: String) throws -> String? {
        try String.fetchOne(cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key])
    }

    func setMeta(_ key: String, _ value: some DatabaseValueConvertible) throws {
        try run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])
    }
}
