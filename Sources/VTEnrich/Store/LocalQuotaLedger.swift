import GRDB
import Synchronization
package import VTEnrichCore

/// The quota ledger in `state.db`: a restart, a crash or a reboot gives no new tokens (T34), and a clock that jumps gives no
/// new day (T48).
package final class LocalQuotaLedger: QuotaLedger {
    private let store: Store
    private let clock: Clock
    private let limits: Mutex<QuotaLimits>
    /// Ends of requests that the store did not take yet: without them their tokens would stay away until a restart.
    private let unnoted = Mutex<[End]>([])

    private struct End {
        var ticket: QuotaTicket
        var wasSent: Bool
        var boot: Double
        var date: String
    }

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
                try db.setMeta("bucket_empty_until", now + MinuteLog.hold)
            }
            try db.setMeta("boot_id", bootID)
        }
    }

    package func setLimits(_ limits: QuotaLimits) {
        self.limits.withLock { $0 = limits }
    }

    package func reserve(level: Int) throws(StoreError) -> QuotaGrant {
        try noteEnds()
        let (boot, wall) = (clock.boot(), clock.wall())
        let limits = self.limits.withLock { $0 }
        return try store.write("counting a request") { db in
            let date = try Self.today(in: db, wall: wall, boot: boot)
            let spent = try Spent(date, in: db)
            switch spent.budget(limits).decide(level: level, wall: wall) {
            case .monthSpent: return .monthSpent(until: UTCDate.nextMonth(after: wall))
            case .daySpent: return .daySpent(until: UTCDate.nextDay(after: wall))
            case .held: return .held
            case .allowed: break
            }
            if let until = try Self.closedUntil(in: db, wall: wall) { return .closed(until: until) }
            let log = try Self.minuteLog(in: db, boot: boot)
            guard let token = log.nextToken(limit: limits.perMinute, now: boot) else { return .minute(nextToken: nil) }
            guard token <= boot else { return .minute(nextToken: token) }
            try db.run("INSERT INTO request (date, started_boot) VALUES (?, ?)", [date.description, boot])
            let id = db.lastInsertedRowID
            try Spent.add(1, on: date.description, in: db)
            try store.add(1, to: .lookups, in: db)
            return .granted(QuotaTicket(id: id, date: date.description))
        }
    }

    /// What throws is kept and noted before the next request.
    package func finish(_ ticket: QuotaTicket, wasSent: Bool) throws(StoreError) {
        let end = End(
            ticket: ticket, wasSent: wasSent, boot: clock.boot(), date: UTCDate(wall: clock.wall()).description)
        unnoted.withLock { $0.append(end) }
        try noteEnds()
    }

    private func noteEnds() throws(StoreError) {
        let ends = unnoted.withLock { $0 }
        guard !ends.isEmpty else { return }
        try store.write("noting the end of a request") { db in
            for end in ends { try note(end, in: db) }
        }
        unnoted.withLock { $0.removeFirst(ends.count) }
    }

    private func note(_ end: End, in db: Database) throws {
        guard end.wasSent else {
            try db.run("DELETE FROM request WHERE id = ?", [end.ticket.id])
            try Spent.add(-1, on: end.ticket.date, in: db)
            try store.add(-1, to: .lookups, in: db)
            return
        }
        try db.run("UPDATE request SET ended_boot = ? WHERE id = ?", [end.boot, end.ticket.id])
        // A request on its way at midnight may be counted on either day by the server: it counts on both.
        if end.date > end.ticket.date { try Spent.add(1, on: end.date, in: db) }
    }

    package func close(until wall: Double) throws(StoreError) {
        try store.write("noting a closed window") { try $0.setMeta("closed_until", wall) }
    }

    package func open() throws(StoreError) {
        guard try store.read("reading the quota", { try Self.closedUntil(in: $0, wall: 0) }) != nil else { return }
        try store.write("noting an open window") { try $0.run("DELETE FROM meta WHERE key = 'closed_until'") }
    }

    package func learn(_ server: ServerQuota) throws(StoreError) {
        let wall = clock.wall()
        try store.write("noting the server's counters") { db in
            let date = UTCDate(wall: wall)
            let spent = try Spent(date, in: db)
            try Spent.setOthers(max(0, server.dayUsed - spent.day), on: date.description, in: db)
            try db.setMeta("server_month", "\(date.monthPrefix) \(max(0, server.monthUsed - spent.month))")
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
            let spent = try Spent(UTCDate(wall: wall), in: db)
            let log = try minuteLog(in: db, boot: boot, prune: false)
            let budget = spent.budget(limits)
            return QuotaUsage(
                minuteUsed: log.used(at: boot), dayUsed: budget.dayUsed, monthUsed: budget.monthUsed,
                dayByOthers: spent.dayByOthers, limits: limits,
                isClosed: try closedUntil(in: db, wall: wall) != nil, dayResetsAt: UTCDate.nextDay(after: wall),
                monthResetsAt: UTCDate.nextMonth(after: wall))
        }
    }

    /// What this node itself sent, for the cluster it belongs to.
    package func book() throws(StoreError) -> QuotaBook {
        try noteEnds()
        let (wall, boot) = (clock.wall(), clock.boot())
        return try store.read("reading the quota") { db in
            let date = UTCDate(wall: wall)
            let (spent, log) = (try Spent(date, in: db), try Self.minuteLog(in: db, boot: boot, prune: false))
            let held = log.requests.compactMap { request -> (Int64, Double?)? in
                guard let ended = request.ended else { return (request.id, nil) }
                let left = ended + MinuteLog.hold - boot
                return left > 0 ? (request.id, left) : nil
            }
            return QuotaBook(
                date: date.description, day: spent.day, month: spent.month,
                held: Dictionary(uniqueKeysWithValues: held), unknownFor: max(0, log.emptyUntil - boot),
                closedUntil: try Self.closedUntil(in: db, wall: wall))
        }
    }

    /// Others remember more of our requests than this state does: their count holds.
    package func raise(to day: Int, month: Int, on date: String) throws(StoreError) {
        let today = UTCDate(wall: clock.wall())
        guard today.description == date else { return }
        try store.write("taking over the cluster's count") { db in
            let spent = try Spent(today, in: db)
            if day > spent.day { try Spent.add(day - spent.day, on: date, in: db) }
            let more = month - (try Spent(today, in: db)).month
            if more > 0 { try Spent.add(more, on: today.monthPrefix + "-00", in: db) }
        }
    }

    /// The date to count on. When the wall clock jumped over a midnight while the boot clock did not, nobody knows which of the
    /// two dates is true: the new one takes over what the old one had spent.
    private static func today(in db: Database, wall: Double, boot: Double) throws -> UTCDate {
        let (today, now) = (UTCDate(wall: wall), ClockReading(wall: wall, boot: boot))
        let seen = try db.meta("clock_seen").flatMap { ClockReading(text: $0) }
        try db.setMeta("clock_seen", now.text)
        guard let seen, seen.jumped(to: now) else { return today }
        let before = UTCDate(wall: seen.wall)
        guard before != today else { return today }
        try Spent.carry(from: before, to: today, in: db)
        return today
    }

    /// nil when the server's last 429 is over. A clock that was set back makes nobody wait longer than a day.
    private static func closedUntil(in db: Database, wall: Double) throws -> Double? {
        guard let until = try db.meta("closed_until").flatMap(Double.init), until > wall else { return nil }
        return wall > 0 && until > wall + 86_400 ? nil : until
    }

    private static func minuteLog(in db: Database, boot: Double, prune: Bool = true) throws -> MinuteLog {
        if prune { try db.run("DELETE FROM request WHERE ended_boot <= ?", [boot - MinuteLog.hold]) }
        let rows = try Row.fetchAll(db.cachedStatement(sql: "SELECT id, ended_boot FROM request"))
        return MinuteLog(
            requests: rows.map { MinuteLog.Request(id: $0["id"], ended: $0["ended_boot"]) },
            emptyUntil: try db.meta("bucket_empty_until").flatMap(Double.init) ?? 0)
    }
}

/// A node's own part of the quota: what it sent on this date and in its month, and the tokens it still holds.
package struct QuotaBook: Sendable, Equatable {
    package var date: String
    package var day: Int
    package var month: Int
    /// Seconds until the token comes back; nil while its request is on its way.
    package var held: [Int64: Double?]
    /// For so many seconds nobody knows which tokens were taken before a reboot.
    package var unknownFor: Double
    /// VirusTotal's 429, wall clock.
    package var closedUntil: Double?
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
