import Foundation
import GRDB
import Synchronization
import VTEnrichCore

/// What became of a batch.
package struct AcceptResult: Sendable, Equatable {
    /// New alerts now in the queue.
    package var accepted = 0
    /// New alerts whose events are in the outbox already.
    package var answered = 0
    /// Alerts whose event id was seen before: read again, not taken again.
    package var repeated = 0
    /// The queue's length after it.
    package var pending = 0
}

extension Store {
    package func checkpoint(for path: String) throws(StoreError) -> Checkpoint? {
        let body = try read("reading the checkpoint") {
            try String.fetchOne($0, sql: "SELECT body FROM checkpoint WHERE path = ?", arguments: [path])
        }
        guard let body else { return nil }
        do {
            return try JSONDecoder().decode(Checkpoint.self, from: Data(body.utf8))
        } catch {
            throw damaged("the checkpoint of \(path) in \(self.path) cannot be read: \(error)")
        }
    }

    /// Alerts and checkpoint in one transaction: after any crash a line is either before the checkpoint and accepted, or
    /// after it (P2). `now` is the wall clock: `queue.max_wait` counts from it. Alerts that `answer` has events for go to the
    /// outbox at once, the others wait.
    @discardableResult
    package func accept(
        _ batch: AcceptBatch, now: Double, answeringBy answer: AnswerAtOnce? = nil
    ) throws(StoreError) -> AcceptResult {
        let answers = try answers(to: batch.sources, by: answer)
        var result = AcceptResult()
        try write("accepting alerts") { db in
            result = AcceptResult()
            var tally = Tally()
            for (index, source) in batch.sources.enumerated() {
                let alertID = source.alertID.prefix(bytes: Self.longestSeenID)
                try db.run("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", [alertID, source.eventID, now])
                guard db.changesCount > 0 else {
                    result.repeated += 1
                    continue
                }
                if let answer = answers[index] {
                    for event in answer.events { try event.insert(in: db) }
                    tally.add(source, outcome: answer.outcome, waited: 0, facts: answer.entry.facts)
                    result.answered += 1
                } else {
                    try insert(source, now: now, into: db)
                    result.accepted += 1
                }
            }
            try count("accepted", result.accepted + result.answered, now: now, in: db)
            try count(tally, now: now, in: db)
            try confirm(batch.confirmed, in: db)
            if let checkpoint = batch.checkpoint { try save(checkpoint, in: db) }
            for (counter, value) in batch.counts { try add(value, to: counter, in: db) }
            try add(result.repeated, to: .repeatedLines, in: db)
            try add(result.answered, to: .cacheHits, in: db)
            CrashPoint.beforeCommit.reach()
        }
        CrashPoint.afterCommit.reach()
        result.pending = pendingCount.withLock {
            $0 += result.accepted
            return $0
        }
        return result
    }

    /// Bytes; Wazuh's have 10 digits, a point and a place in a file.
    private static let longestSeenID = 40

    private func insert(_ source: EventSource, now: Double, into db: Database) throws {
        let address = source.address.description
        try db.run(
            """
            INSERT INTO pending (event_id, address, level, accepted_at, alert_id, timestamp, rule_id, description, groups,
                agent_id, agent_name, agent_ip, manager, location, full_log, log_was_cut)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                source.eventID, address, source.level, now, source.alertID, source.timestamp, source.ruleID,
                source.ruleDescription, source.ruleGroups.joined(separator: "\n"), source.agent?.id,
                source.agent?.name, source.agent?.ip, source.manager, source.location, source.fullLog, source.logWasCut,
            ])
        let level = source.level ?? 0
        let (alerts, isChecked) = try Self.wait(for: address, level: level, since: now, in: db)
        if alerts == 2, isChecked { try demand(level, addresses: 0, repeated: 1, now: now, in: db) }
    }

    /// One alert more waits for this address; returns how many do, and whether it has asked the cache.
    @discardableResult
    private static func wait(
        for address: String, level: Int, since: Double, in db: Database
    ) throws -> (alerts: Int, isChecked: Bool) {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    INSERT INTO waiting (address, level, class, alerts, first_at) VALUES (?, ?, ?, 1, ?)
                    ON CONFLICT (address) DO UPDATE SET level = MAX(level, excluded.level),
                        class = MAX(class, excluded.class), alerts = alerts + 1
                    RETURNING alerts, checked
                    """),
            arguments: [address, level, LevelClass(level: level).rawValue, since])
        return (row?["alerts"] ?? 0, row?["checked"] ?? false)
    }

    /// Makes `waiting` anew from `pending`.
    static func rebuildWaiting(_ db: Database) throws {
        try db.run("DELETE FROM waiting")
        let rows = try Row.fetchCursor(db, sql: "SELECT address, level, accepted_at FROM pending ORDER BY id")
        while let row = try rows.next() {
            try wait(for: row["address"], level: row["level"] ?? 0, since: row["accepted_at"], in: db)
        }
    }

    private func save(_ checkpoint: Checkpoint, in db: Database) throws {
        let body = String(decoding: try JSONEncoder().encode(checkpoint), as: UTF8.self)
        try db.run(
            "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)", [checkpoint.path, body, checkpoint.savedAt])
    }

    func add(_ value: Int, to counter: Counter, in db: Database) throws {
        guard value != 0 else { return }
        try db.run(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            [counter.rawValue, value])
    }

    /// Adds to counters outside of another transaction.
    package func count(_ counts: [Counter: Int]) throws(StoreError) {
        try write("counting") { db in
            for (counter, value) in counts { try add(value, to: counter, in: db) }
        }
    }
}
