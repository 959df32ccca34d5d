import GRDB
import Synchronization
import VTEnrichCore

/// The figures of the report, counted in the transactions that answer alerts.
extension Store {
    /// Counts answered alerts. By hour, by verdict and by waiting time in the caller's transaction; names through the book,
    /// which is written here when it is due.
    func count(_ tally: Tally, now: Double, in db: Database) throws {
        guard !tally.isEmpty else { return }
        for (outcome, alerts) in tally.outcomes { try count(outcome, alerts, now: now, in: db) }
        let day = TallyBook.day(now)
        for (bucket, alerts) in tally.waits {
            try db.run(
                """
                INSERT INTO waited VALUES (?, ?, ?)
                ON CONFLICT (day, bucket) DO UPDATE SET alerts = alerts + excluded.alerts
                """, [day, bucket, alerts])
        }
        try tallies.withLock { book in
            if var ended = book, ended.day != day {
                try ended.write(to: db, now: now)
                book = nil
            }
            if book == nil { book = try TallyBook(day: day, in: db) }
            book?.add(tally)
            if book?.isDue(at: now) == true { try book?.write(to: db, now: now) }
        }
    }

    /// - Parameter what: a verdict, `unenriched`, or `accepted`.
    func count(_ what: String, _ alerts: Int, now: Double, in db: Database) throws {
        guard alerts > 0 else { return }
        try db.run(
            """
            INSERT INTO hourly VALUES (?, ?, ?)
            ON CONFLICT (hour, what) DO UPDATE SET alerts = alerts + excluded.alerts
            """, [Int((now / 3_600).rounded(.down)), what, alerts])
    }

    /// Writes what the book has counted; writes nothing when that is nothing.
    package func writeTallies(now: Double) throws(StoreError) {
        guard tallies.withLock({ $0?.isDirty ?? false }) else { return }
        try write("writing the report's figures") { db in
            try tallies.withLock { try $0?.write(to: db, now: now) }
        }
    }
}
