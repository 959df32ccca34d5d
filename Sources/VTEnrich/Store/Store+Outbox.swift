package import Foundation
import GRDB

/// An event for one sink, ready to go.
package struct OutboxItem: Sendable, Equatable {
    package var sink: String
    /// The verdict that the event tells, `unenriched` or `notice`.
    package var kind: String
    /// nil for what speaks of no alert (the daily notice).
    package var eventID: String?
    package var body: Data
    /// Of the items of a sink with the same mark only the first of a day is kept (`Told`).
    package var once: Told?

    package init(sink: String, kind: String = "unknown", eventID: String?, body: Data, once: Told? = nil) {
        self.sink = sink
        self.kind = kind
        self.eventID = eventID
        self.body = body
        self.once = once
    }

    func insert(in db: Database) throws {
        if let once, try !once.isFirst(of: sink, in: db) { return }
        try db.run(
            """
            INSERT INTO outbox (sink, kind, event_id, body, queued_at) VALUES (?, ?, ?, ?, ?)
            """, [sink, kind, eventID, body, Clock.system.wall()])
    }
}

package struct OutboxRow: Sendable, Equatable {
    package var id: Int64
    package var eventID: String?
    package var body: Data
}

extension Store {
    package func add(toOutbox items: [OutboxItem]) throws(StoreError) {
        try write("queueing an event") { db in
            for item in items { try item.insert(in: db) }
        }
    }

    /// The date of the last notice.
    package func noticeDate() throws(StoreError) -> String? {
        try read("reading the notice") { try $0.meta("notice_date") }
    }

    /// The day's notice, once for a date; returns whether it was the first.
    package func addNotice(_ items: [OutboxItem], date: String) throws(StoreError) -> Bool {
        guard try noticeDate() != date else { return false }
        try write("queueing the notice") { db in
            for item in items { try item.insert(in: db) }
            try db.setMeta("notice_date", date)
        }
        return true
    }

    /// What a sink has still to send, oldest first.
    package func unsent(sink: String, limit: Int) throws(StoreError) -> [OutboxRow] {
        try read("reading the outbox") { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: """
                        SELECT id, event_id, body FROM outbox WHERE sink = ? AND sent_at IS NULL
                        ORDER BY id LIMIT ?
                        """),
                arguments: [sink, limit])
            return try Array(rows.map { OutboxRow(id: $0[0], eventID: $0[1], body: $0[2]) })
        }
    }

    /// The mark of a sink, with what the last run left.
    package func sentMark(sink: String) -> SentMark {
        SentMark(path: files?.sentMark(sink: sink), newest: newestAtOpening)
    }

    /// Puts away what was sent by the mark, and counts it: the rows go, or stay as sent at `awaitingSince` until their
    /// confirmation comes. Returns how many there were. A mark of another database begins anew.
    @discardableResult
    package func putAway(sink: String, _ mark: SentMark, awaitingSince now: Double?) throws(StoreError) -> Int {
        let (batch, count) = try write("putting sent events away") { db in
            let known = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT batch FROM sink WHERE name = ?"), arguments: [sink])
            if let known, known != mark.batch || mark.last == nil { return (known, 0) }
            let next = Int64.random(in: 1...Int64.max)
            try db.run("INSERT OR REPLACE INTO sink VALUES (?, ?)", [sink, next])
            guard known != nil, let last = mark.last else { return (next, 0) }
            return (next, try putAway(sink, through: last, awaitingSince: now, in: db))
        }
        mark.begin(batch)
        return count
    }

    private func putAway(
        _ sink: String, through last: Int64, awaitingSince now: Double?, in db: Database
    ) throws -> Int {
        let sent = "sink = ?1 AND sent_at IS NULL AND id <= ?2"
        if let now {
            try db.run("UPDATE outbox SET sent_at = ?3, sends = sends + 1 WHERE \(sent)", [sink, last, now])
        } else {
            try db.run("DELETE FROM outbox WHERE \(sent)", [sink, last])
        }
        let count = db.changesCount
        try add(count, to: .sent, in: db)
        return count
    }

    /// The event can never be sent: the row goes, counted as dropped.
    package func drop(_ id: Int64) throws(StoreError) {
        try write("dropping an event") { db in
            try db.run("DELETE FROM outbox WHERE id = ?", [id])
            try add(1, to: .dropped, in: db)
        }
    }

    package func outboxCount() throws(StoreError) -> Int {
        try read("reading the outbox") {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL") ?? 0
        }
    }
}
