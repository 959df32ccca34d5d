import GRDB
import VTEnrichCore

/// The names of the day that occur most, kept in memory and written every few seconds: a row for each alert would cost more
/// than the alert.
struct TallyBook {
    /// Names of each subject that a day keeps at the least; twice as many at the most.
    static let capacity = 250
    /// Seconds between two writings, by the wall clock.
    static let interval = 5.0

    /// Days since 1970, UTC.
    let day: Int
    private var names: [Subject: FrequentNames] = [:]
    private var writtenAt = -Double.infinity
    private(set) var isDirty = false

    /// What the database has of the day.
    init(day: Int, in db: Database) throws {
        self.day = day
        for row in try Row.fetchAll(db, sql: "SELECT * FROM top_day WHERE day = ?", arguments: [day]) {
            guard let subject = Subject(rawValue: row["kind"]) else { continue }
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM top WHERE day = ? AND kind = ? LIMIT ?",
                arguments: [day, subject.rawValue, 2 * Self.capacity])
            let counts = rows.map { row -> (String, FrequentNames.Count) in
                (
                    row["name"],
                    FrequentNames.Count(
                        label: row["label"], alerts: row["alerts"], malicious: row["malicious"], excess: row["excess"])
                )
            }
            names[subject] = FrequentNames(
                capacity: Self.capacity, counts: Dictionary(counts) { first, _ in first }, floor: row["floor"],
                total: row["alerts"])
        }
    }

    static func day(_ wall: Double) -> Int { Int((wall / 86_400).rounded(.down)) }

    mutating func add(_ tally: Tally) {
        for (subject, counted) in tally.names {
            for (name, count) in counted {
                names[subject, default: FrequentNames(capacity: Self.capacity)].add(
                    name, label: count.label, alerts: count.alerts, malicious: count.malicious)
                isDirty = true
            }
        }
    }

    func isDue(at now: Double) -> Bool { isDirty && abs(now - writtenAt) >= Self.interval }

    /// Writes what changed since the last time.
    mutating func write(to db: Database, now: Double) throws {
        guard isDirty else { return }
        for subject in names.keys {
            guard let changes = names[subject]?.takeChanges(), !changes.names.isEmpty, let counted = names[subject]
            else { continue }
            if changes.hasDropped {
                try db.run("DELETE FROM top WHERE day = ? AND kind = ?", [day, subject.rawValue])
            }
            let changed = changes.hasDropped ? Array(counted.counts.keys) : Array(changes.names)
            for name in changed {
                guard let count = counted.counts[name] else { continue }
                try db.run(
                    "INSERT OR REPLACE INTO top VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [day, subject.rawValue, name, count.label, count.alerts, count.malicious, count.excess])
            }
            try db.run(
                "INSERT OR REPLACE INTO top_day VALUES (?, ?, ?, ?)",
                [day, subject.rawValue, counted.total, counted.floor])
        }
        (isDirty, writtenAt) = (false, now)
    }
}
