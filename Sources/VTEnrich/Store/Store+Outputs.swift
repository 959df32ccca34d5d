package import Foundation
import GRDB

/// The mark of an item that its sink takes once a day.
package struct Told: Sendable, Equatable {
    /// The address.
    package var what: String
    /// UTC, `2026-03-02`.
    package var day: String

    package init(what: String, day: String) {
        self.what = what
        self.day = day
    }

    /// Notes it. The others of the day are counted alone.
    func isFirst(of sink: String, in db: Database) throws -> Bool {
        try db.run("INSERT OR IGNORE INTO told VALUES (?, ?, ?)", [sink, what, day])
        if db.changesCount > 0 { return true }
        try OutputCounter.suppressed.add(1, sink: sink, in: db)
        return false
    }
}

/// Counters of an output since the state was created; rows of `counter` named `output/NAME/COUNTER`.
package enum OutputCounter: String, Sendable, CaseIterable {
    case sent
    /// Left, and nothing came back.
    case unanswered
    case retries
    /// Given up.
    case deadLetters = "dead_letters"
    /// Not made, since the output was told of the address that day.
    case suppressed

    static func read(_ row: String) -> (sink: String, counter: OutputCounter)? {
        let parts = row.split(separator: "/")
        guard parts.count == 3, parts[0] == "output", let counter = OutputCounter(rawValue: String(parts[2])) else {
            return nil
        }
        return (String(parts[1]), counter)
    }

    func add(_ value: Int, sink: String, in db: Database) throws {
        try db.run(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            ["output/\(sink)/\(rawValue)", value])
    }
}

/// A row of the outbox for an output.
package struct Delivery: Sendable, Equatable {
    package var id: Int64
    package var eventID: String?
    package var body: Data
    /// Wall clock.
    package var queuedAt: Double
}

// Rows of outputs go one by one, each when it was taken or given up: some may wait while later ones go.
extension Store {
    /// What an output has still to send, oldest first.
    package func deliveries(sink: String, limit: Int) throws(StoreError) -> [Delivery] {
        try read("reading the outbox") { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT id, event_id, body, queued_at FROM outbox
                        WHERE sink = ? AND sent_at IS NULL ORDER BY id LIMIT ?
                        """),
                arguments: [sink, limit]
            ).map { Delivery(id: $0[0], eventID: $0[1], body: $0[2], queuedAt: $0[3]) }
        }
    }

    /// The rows are dealt with: they go, and are counted.
    package func finish(_ ids: [Int64], sink: String, as counter: OutputCounter) throws(StoreError) {
        try write("noting a delivery") { db in
            for id in ids { try db.run("DELETE FROM outbox WHERE id = ?", [id]) }
            try counter.add(ids.count, sink: sink, in: db)
        }
    }

    package func count(_ counter: OutputCounter, sink: String) throws(StoreError) {
        try write("counting") { try counter.add(1, sink: sink, in: $0) }
    }

    /// Gives up the oldest rows beyond `limit`, so that a service that is down for weeks does not fill the disk. Returns how
    /// many.
    package func dropExcess(sink: String, beyond limit: Int) throws(StoreError) -> Int {
        let newestTooMany = try read("reading the outbox") { db in
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT id FROM outbox WHERE sink = ? AND sent_at IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?
                        """),
                arguments: [sink, limit])
        }
        guard let newestTooMany else { return 0 }
        return try write("bounding the outbox") { db in
            try db.run("DELETE FROM outbox WHERE sink = ? AND sent_at IS NULL AND id <= ?", [sink, newestTooMany])
            let count = db.changesCount
            try OutputCounter.deadLetters.add(count, sink: sink, in: db)
            return count
        }
    }
}
