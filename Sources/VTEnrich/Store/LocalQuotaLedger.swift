import GRDB
import Synchronization
package import VTEnrichCore

/// The quota ledger in `state.db`: a restart, a crash or a reboot gives no new tokens (T34), and a clock that jumps gives no
/// new day (T48).
package final class LocalQuotaLedger: QuotaLedger {
    private let store: Store
    private let clock: Clock
    private let limits: Mutex<QuotaLimits>

    /// Takes over what an earlier run left: requests without an end are held for 61 s from now, and after a reboot the bucket
    /// starts empty.
    package init(store: Store, clock: Clock, limits: QuotaLimits) throws(StoreError) {
        self.store = store
        self.clock = clock
        self.limits = Mutex(limits)
        let now = clock.boot()
        let bootID = clock.bootID
        try store.write("taking over the quota ledger") { db in
            let known = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'boot_id'")
            try db.execute(sql: "UPDATE request SET ended_boot = ? WHERE ended_boot IS NULL", arguments: [now])
            if let known, known != bootID || bootID == "unknown" {
                try db.execute(sql: "DELETE FROM request")
                try db.execute(
                    sql: "INSERT OR REPLACE INTO meta VALUES ('bucket_empty_until', ?)",
                    arguments: [now + MinuteLog.hold])
            }
            try db.execute(sql: "INSERT OR REPLACE INTO meta VALUES ('boot_id', ?)", arguments: [bootID])
        }
    }

    package func setLimits(_ limits: QuotaLimits) {
        self.limits.withLock { $0 = limits }
    }

    package func reserve(level: Int) throws(StoreError) -> QuotaGrant {
        let (boot, wall) = (clock.boot(), clock.wall())
        let limits = self.limits.withLock { $0 }
        return try store.write("counting a request") { db in
            let date = try Self.today(in: db, wall: wall, boot: boot)
            let budget = try Self.budget(in: db, date: date, limits: limits)
            switch budget.decide(level: level, wall: wall) {
            case .monthSpent: return .monthSpent(until: UTCDate.nextMonth(after: wall))
            case .daySpent: return .daySpent(until: UTCDate.nextDay(after: wall))
            case .held: return .held
            case .allowed: break
            }
            let log = try Self.minuteLog(in: db, boot: boot)
            guard let token = log.nextToken(limit: limits.perMinute, now: boot) else { return .minute(nextToken: nil) }
            guard token <= boot else { return .minute(nextToken: token) }
            try db.run("INSERT INTO request (date, started_boot) VALUES (?, ?)", [date.description, boot])
            let id = db.lastInsertedRowID
            try Self.spend(1, on: date.description, in: db)
            try store.add(1, to: .lookups, in: db)
            return .granted(QuotaTicket(id: id, date: date.description))
        }
    }

    package func finish(_ ticket: QuotaTicket, wasSent: Bool) throws(StoreError) {
        let (boot, wall) = (clock.boot(), clock.wall())
        try store.write("noting the end of a request") { db in
            guard wasSent else {
                try db.run("DELETE FROM request WHERE id = ?", [ticket.id])
                try Self.spend(-1, on: ticket.date, in: db)
                try store.add(-1, to: .lookups, in: db)
                return
            }
            try db.run("UPDATE request SET ended_boot = ? WHERE id = ?", [boot, ticket.id])
            // A request on its way at midnight may be counted on either day by the server: it counts on both.
            let date = UTCDate(wall: wall).description
            if date > ticket.date { try Self.spend(1, on: date, in: db) }
        }
    }

    package func usage() throws(StoreError) -> QuotaUsage {
        let limits = self.limits.withLock { $0 }
        return try Self.usage(of: store, wall: clock.wall(), boot: clock.boot(), limits: limits)
    }

    /// The same from any process, for `status` while the daemon is down. `boot` must be of the boot in the ledger.
    package static func usage(
        of store: Store, wall: Double, boot: Double, limits: QuotaLimits
    ) throws(StoreError) -> QuotaUsage {
        try store.read("reading the quota") { db in
            let budget = try budget(in: db, date: UTCDate(wall: wall), limits: limits)
            let log = try minuteLog(in: db, boot: boot, prune: false)
            return QuotaUsage(
                minuteUsed: log.used(at: boot), dayUsed: budget.dayUsed, monthUsed: budget.monthUsed, limits: limits,
                dayResetsAt: UTCDate.nextDay(after: wall), monthResetsAt: UTCDate.nextMonth(after: wall))
        }
    }

    /// The date to count on. When the wall clock jumped over a midnight while the boot clock did not, nobody knows which of the
    /// two dates is true: the new one takes over what the old one had spent.
    private static func today(in db: Database, wall: Double, boot: Double) throws -> UTCDate {
        let today = UTCDate(wall: wall)
        let seen = try Row.fetchOne(
            db, sql: "SELECT value FROM meta WHERE key = 'clock_seen'"
        ).flatMap { ClockReading(text: $0[0]) }
        try db.run("INSERT OR REPLACE INTO meta VALUES ('clock_seen', ?)", [ClockReading(wall: wall, boot: boot).text])
        guard let seen, seen.jumped(to: ClockReading(wall: wall, boot: boot)) else { return today }
        let before = UTCDate(wall: seen.wall)
        guard before != today else { return today }
        try db.run(
            """
            INSERT INTO spent SELECT ?, requests FROM spent WHERE date = ?
            ON CONFLICT (date) DO UPDATE SET requests = MAX(requests, excluded.requests)
            """, [today.description, before.description])
        // Set back: what was counted on dates that have not come yet is now counted here.
        try db.run("DELETE FROM spent WHERE date > ?", [today.description])
        return today
    }

    private static func budget(in db: Database, date: UTCDate, limits: QuotaLimits) throws -> DayBudget {
        let day = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT requests FROM spent WHERE date = ?"), arguments: [date.description])
        let month = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT SUM(requests) FROM spent WHERE date >= ? AND date <= ?"),
            arguments: [date.monthPrefix + "-00", date.monthPrefix + "-99"])
        return DayBudget(limits: limits, dayUsed: day ?? 0, monthUsed: month ?? 0)
    }

    private static func minuteLog(in db: Database, boot: Double, prune: Bool = true) throws -> MinuteLog {
        if prune { try db.run("DELETE FROM request WHERE ended_boot <= ?", [boot - MinuteLog.hold]) }
        let rows = try Row.fetchAll(db.cachedStatement(sql: "SELECT id, ended_boot FROM request"))
        let emptyUntil = try Double.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'bucket_empty_until'")
        return MinuteLog(
            requests: rows.map { MinuteLog.Request(id: $0["id"], ended: $0["ended_boot"]) },
            emptyUntil: emptyUntil ?? 0)
    }

    private static func spend(_ requests: Int, on date: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO spent VALUES (?, MAX(0, ?))
            ON CONFLICT (date) DO UPDATE SET requests = MAX(0, requests + ?)
            """, [date, requests, requests])
    }
}

/// Both clocks at one moment.
private struct ClockReading {
    var wall: Double
    var boot: Double

    init(wall: Double, boot: Double) {
        self.wall = wall
        self.boot = boot
    }

    init?(text: String) {
        let parts = text.split(separator: " ").compactMap { Double($0) }
        guard parts.count == 2 else { return nil }
        (wall, boot) = (parts[0], parts[1])
    }

    var text: String { "\(wall) \(boot)" }

    /// Whether the wall clock moved by more than 2 minutes other than the boot clock did. After a reboot (the boot clock
    /// started anew) only a step back is known to be one.
    func jumped(to now: ClockReading) -> Bool {
        if now.boot < boot { return now.wall < wall }
        return abs((now.wall - wall) - (now.boot - boot)) > 120
    }
}
