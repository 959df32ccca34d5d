import GRDB

/// A sent datagram is not a delivered one (design 8): an event sent to analysisd stays in the outbox until its alert came back
/// through alerts.json.
extension Store {
    /// What became of events that waited too long for their confirmation.
    package struct Overdue: Sendable, Equatable {
        /// Put back, to be sent once more.
        package var repeated = 0
        /// Given up.
        package var unconfirmed = 0
        /// Still waiting.
        package var awaited = 0

        package init() {}
    }

    /// An event is sent once and repeated at most twice.
    package static let maxSends = 3

    /// Our own events came back through alerts.json: they arrived, whatever we noted of their sending. An id that is not awaited
    /// says nothing: it came back twice, or too late.
    func confirm(_ eventIDs: [String], in db: Database) throws {
        guard !eventIDs.isEmpty else { return }
        var arrived: [String: Double] = [:]
        var (confirmed, unnoted) = (0, 0)
        for eventID in eventIDs {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT id, kind, sent_at FROM outbox WHERE event_id = ? AND sink = 'analysisd'"),
                arguments: [eventID])
            for row in rows {
                let (id, kind, sent) = (row[0] as Int64, row[1] as String, row[2] as Double?)
                try db.run("DELETE FROM outbox WHERE id = ?", [id])
                arrived[kind] = max(arrived[kind] ?? 0, sent ?? 0)
                confirmed += 1
                if sent == nil { unnoted += 1 }
            }
        }
        for (kind, sent) in arrived {
            try db.run(
                """
                INSERT INTO loop VALUES (?, ?)
                ON CONFLICT (kind) DO UPDATE SET sent_at = MAX(sent_at, excluded.sent_at)
                """, [kind, sent])
        }
        try add(unnoted, to: .sent, in: db)
        try add(confirmed, to: .confirmed, in: db)
    }

    /// Looks at events sent before `cutoff`, oldest first, at most `limit`. One is repeated when an event of its kind that was
    /// sent after it is known to have arrived (or `always`): analysisd must have dropped it. Of a kind that never comes back
    /// nothing is repeated: its rule is not installed, or `log_alert_level` hides it. While the loop is silent, events wait until
    /// `patience` before they are given up.
    package func overdue(
        before cutoff: Double, patience: Double, limit: Int, always: Bool = false
    ) throws(StoreError) -> Overdue {
        let awaited = try read("reading the outbox") {
            try Int.fetchOne(
                $0.cachedStatement(sql: "SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL")) ?? 0
        }
        var overdue = Overdue()
        guard awaited > 0 else { return overdue }
        try write("looking for unconfirmed events") { db in
            overdue = Overdue()
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT outbox.id, outbox.sends, outbox.sent_at, loop.sent_at AS arrived
                        FROM outbox LEFT JOIN loop ON loop.kind = outbox.kind
                        WHERE outbox.sent_at IS NOT NULL AND outbox.sent_at < ? ORDER BY outbox.sent_at LIMIT ?
                        """),
                arguments: [cutoff, limit])
            for row in rows {
                let (sent, arrived) = (row["sent_at"] as Double, row["arrived"] as Double?)
                let hasLoop = always || arrived.map { $0 >= sent } ?? false
                if hasLoop, row["sends"] < Self.maxSends {
                    try repeatLater(row["id"], in: db)
                    overdue.repeated += 1
                } else if hasLoop || arrived == nil || sent < patience {
                    try db.run("DELETE FROM outbox WHERE id = ?", [row["id"] as Int64])
                    overdue.unconfirmed += 1
                }
            }
            try add(overdue.repeated, to: .repeated, in: db)
            try add(overdue.unconfirmed, to: .unconfirmed, in: db)
        }
        overdue.awaited = awaited - overdue.repeated - overdue.unconfirmed
        return overdue
    }

    /// Behind everything that waits to be sent: rows go out in the order of their ids.
    private func repeatLater(_ id: Int64, in db: Database) throws {
        try db.run(
            """
            INSERT INTO outbox (sink, kind, event_id, body, queued_at, sends)
            SELECT sink, kind, event_id, body, queued_at, sends FROM outbox WHERE id = ?
            """, [id])
        try db.run("DELETE FROM outbox WHERE id = ?", [id])
    }
}
