import Foundation
import GRDB
import Logging
import Synchronization
package import VTEnrichCore

/// Makes the outbox rows of an alert; runs inside a transaction, so it must be quick and must not call the store.
package typealias EventMaker = (EventSource) throws -> [OutboxItem]

/// What the cache's answer is worth to a waiting address.
package enum CacheUse: Sendable, Equatable {
    /// Its alerts are answered with it.
    case answer
    /// It waits for a lookup, and counts as demand.
    case lookUp
    /// Not decided yet: it asks again.
    case later
}

/// What became of the addresses that asked the cache.
package struct CacheAnswers: Sendable, Equatable {
    /// Alerts moved to the outbox.
    package var alerts = 0
    /// Addresses for which nothing was decided.
    package var undecided = 0
    /// Whether more addresses have still to ask.
    package var more = false

    package init() {}
}

extension Store {
    /// Answers waiting addresses that have not asked the cache yet, as `judge` says of each (nil: no entry). At most `limit`
    /// alerts in one transaction.
    package func answerFromCache(
        limit: Int, now: Double, judge: (IPAddress, CachedVerdict?) -> CacheUse,
        make: (EventSource, CachedVerdict) throws -> [OutboxItem]
    ) throws(StoreError) -> CacheAnswers {
        var answers = CacheAnswers()
        guard pending > 0 else { return answers }
        try write("answering from the cache") { db in
            answers = CacheAnswers()
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM waiting WHERE checked = 0 ORDER BY first_at LIMIT ?"),
                arguments: [limit])
            for row in rows where answers.alerts < limit {
                let waiting = try LookupCandidate(row: row)
                let entry = try cachedVerdict(for: waiting.address.description, in: db)
                switch judge(waiting.address, entry) {
                case .later: answers.undecided += 1
                case .lookUp: try wait(waiting, now: now, in: db)
                case .answer:
                    guard let entry else { continue }
                    answers.alerts += try serve(
                        waiting, entry, limit: limit - answers.alerts, now: now, in: db, make: make)
                }
            }
            answers.more = rows.count == limit || answers.alerts == limit
            try add(answers.alerts, to: .cacheHits, in: db)
        }
        forget(answers.alerts)
        return answers
    }

    private func wait(_ waiting: LookupCandidate, now: Double, in db: Database) throws {
        try db.run("UPDATE waiting SET checked = 1 WHERE address = ?", [waiting.address.description])
        try demand(waiting.level, addresses: 1, repeated: waiting.alerts > 1 ? 1 : 0, now: now, in: db)
    }

    private func serve(
        _ waiting: LookupCandidate, _ entry: CachedVerdict, limit: Int, now: Double, in db: Database,
        make: (EventSource, CachedVerdict) throws -> [OutboxItem]
    ) throws -> Int {
        let address = waiting.address.description
        if !entry.isRepeated {
            try db.run("UPDATE verdict SET repeated = 1 WHERE address = ?", [address])
            try demand(waiting.level, addresses: 0, repeated: 1, now: now, in: db)
        }
        return try move(address, entry, limit: limit, now: now, in: db) { try make($0, entry) }
    }

    /// Stores an answer and moves the first `limit` alerts of its address to the outbox, in one transaction; the others follow
    /// through `answerFromCache`. Returns how many were moved. `now`: when it is not the moment that the answer came.
    @discardableResult
    package func answer(
        _ address: IPAddress, with entry: CachedVerdict, limit: Int, now: Double? = nil, make: EventMaker
    ) throws(StoreError) -> Int {
        let moved = try write("storing a verdict") { db in
            try entry.save(as: address, in: db)
            try db.run("UPDATE waiting SET checked = 0 WHERE address = ?", [address.description])
            let moved = try move(
                address.description, entry, limit: limit, now: now ?? entry.fetchedAt, in: db, make: make)
            if moved > 1 {
                try db.run("UPDATE verdict SET repeated = 1 WHERE address = ?", [address.description])
            }
            try add(moved, to: .cacheMisses, in: db)
            return moved
        }
        forget(moved)
        return moved
    }

    /// Has an address ask the cache again: a lookup failed, and an old answer may do now.
    package func askCacheAgain(_ address: IPAddress) throws(StoreError) {
        try write("asking the cache again") {
            try $0.run("UPDATE waiting SET checked = 0 WHERE address = ?", [address.description])
        }
    }

    /// Sends out alerts accepted before `cutoff` as `make` says, oldest first, at most `limit`. Returns how many.
    package func expire(
        before cutoff: Double, limit: Int, now: Double, make: EventMaker
    ) throws(StoreError) -> Int {
        guard let oldest = try oldestPending(), oldest < cutoff else { return 0 }
        let moved = try write("giving up waiting alerts") { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT \(EventSource.columns) FROM pending WHERE accepted_at < ? ORDER BY id LIMIT ?"),
                arguments: [cutoff, limit])
            return try move(rows, nil, now: now, in: db, make: make)
        }
        forget(moved)
        return moved
    }

    /// When the oldest waiting alert was accepted; nil when none waits.
    package func oldestPending() throws(StoreError) -> Double? {
        guard pending > 0 else { return nil }
        return try read("reading the queue") {
            try Double.fetchOne($0.cachedStatement(sql: "SELECT accepted_at FROM pending ORDER BY id LIMIT 1"))
        }
    }

    private func move(
        _ address: String, _ entry: CachedVerdict, limit: Int, now: Double, in db: Database, make: EventMaker
    ) throws -> Int {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT \(EventSource.columns) FROM pending WHERE address = ? ORDER BY id LIMIT ?"),
            arguments: [address, limit])
        let moved = try move(rows, entry, now: now, in: db, make: make)
        if rows.isEmpty { try db.run("DELETE FROM waiting WHERE address = ?", [address]) }
        return moved
    }

    /// - Parameter entry: what they are answered with; nil: they are given up.
    private func move(
        _ rows: [Row], _ entry: CachedVerdict?, now: Double, in db: Database, make: EventMaker
    ) throws -> Int {
        var moved: [String: Int] = [:]
        var tally = Tally()
        for row in rows {
            let id: Int64 = row[0]
            if let source = EventSource(pending: row) {
                let items = try make(source)
                for item in items { try item.insert(in: db) }
                tally.add(
                    source, outcome: items.first?.kind ?? entry?.outcome ?? "unenriched",
                    waited: now - (Double.fromDatabaseValue(row[4]) ?? now),
                    facts: entry?.facts)
            } else {
                // One bad row must not hold up the others; it is counted and named.
                try add(1, to: .dropped, in: db)
                log.error("a waiting alert (row \(id) of pending in \(path)) cannot be read and is dropped")
            }
            try db.run("DELETE FROM pending WHERE id = ?", [id])
            moved[row.text(2) ?? "", default: 0] += 1
        }
        for (address, count) in moved {
            try db.run("UPDATE waiting SET alerts = alerts - ? WHERE address = ?", [count, address])
            try db.run("DELETE FROM waiting WHERE address = ? AND alerts <= 0", [address])
        }
        try count(tally, now: now, in: db)
        return rows.count
    }

    private func forget(_ moved: Int) {
        pendingCount.withLock { $0 -= moved }
    }
}

extension EventSource {
    /// What `init(pending:)` reads, in the order of the table: by name, each column costs a search.
    fileprivate static let columns = """
        id, event_id, address, level, accepted_at, alert_id, timestamp, rule_id, description, groups, agent_id, \
        agent_name, agent_ip, manager, location, full_log, log_was_cut
        """

    /// nil where the row is not what `accept` writes: only damage does that.
    init?(pending row: Row) {
        guard let eventID = row.text(1), let address = IPAddress(row.text(2) ?? ""), let alertID = row.text(5),
            let timestamp = row.text(6), let ruleID = row.text(7), let groups = row.text(9),
            let logWasCut = Bool.fromDatabaseValue(row[16])
        else { return nil }
        let agent = row.text(10).map { Alert.Agent(id: $0, name: row.text(11) ?? "", ip: row.text(12)) }
        self.init(
            eventID: eventID, address: address, alertID: alertID, timestamp: timestamp, ruleID: ruleID,
            level: Int.fromDatabaseValue(row[3]), ruleDescription: row.text(8),
            ruleGroups: groups.isEmpty ? [] : groups.components(separatedBy: "\n"), agent: agent,
            manager: row.text(13), location: row.text(14), fullLog: row.text(15), logWasCut: logWasCut)
    }
}

extension Row {
    /// nil for NULL and for what is no text: a plain subscript ends the process on that.
    fileprivate func text(_ column: Int) -> String? { String.fromDatabaseValue(self[column]) }
}
