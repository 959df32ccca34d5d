import Foundation
import GRDB
import Synchronization
package import VTEnrichCore

/// An address whose alerts wait for a lookup.
package struct WaitingAddress: Sendable, Equatable {
    package var address: IPAddress
    /// The highest rule level among its alerts.
    package var level: Int
    package var alerts: Int
    /// Wall clock of the first acceptance.
    package var firstAt: Double

    /// nil only where the row's address is none, which `accept` never writes.
    init?(row: Row) {
        guard let address = IPAddress(row["address"] as String) else { return nil }
        self.address = address
        level = row["level"]
        alerts = row["alerts"]
        firstAt = row["first_at"]
    }
}

/// Makes the outbox rows of an alert; runs inside a transaction, so it must be quick and must not call the store.
package typealias EventMaker = (EventSource) throws -> [OutboxItem]

extension Store {
    /// Answers waiting addresses that nobody has asked the cache for yet: where `usable` gives an entry, their alerts go
    /// to the outbox; else they wait for a lookup. At most `limit` alerts in one transaction.
    ///
    /// Returns how many alerts were answered, and whether there is more to do.
    package func answerFromCache(
        limit: Int, usable: (CachedVerdict) -> Bool, make: (EventSource, CachedVerdict) throws -> [OutboxItem]
    ) throws(StoreError) -> (answered: Int, more: Bool) {
        var answered = 0
        var more = false
        try write("answering from the cache") { db in
            (answered, more) = (0, false)
            let addresses = try String.fetchAll(
                db.cachedStatement(
                    sql: "SELECT address FROM waiting WHERE checked = 0 ORDER BY first_at LIMIT ?"),
                arguments: [limit])
            for address in addresses {
                guard answered < limit else { break }
                let entry = try Self.cachedVerdict(for: address, in: db)
                guard let entry, usable(entry) else {
                    try db.run("UPDATE waiting SET checked = 1 WHERE address = ?", [address])
                    continue
                }
                answered += try move(address, limit: limit - answered, in: db) { try make($0, entry) }
            }
            more = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM waiting WHERE checked = 0)") ?? false
            try add(answered, to: .cacheHits, in: db)
        }
        forget(answered)
        return (answered, more)
    }

    /// Stores an answer and moves the first `limit` alerts of its address to the outbox, in one transaction; the others follow
    /// through `answerFromCache`. Returns how many were moved.
    @discardableResult
    package func answer(
        _ address: IPAddress, with entry: CachedVerdict, limit: Int, make: EventMaker
    ) throws(StoreError) -> Int {
        let moved = try write("storing a verdict") { db in
            try entry.save(as: address, in: db)
            let moved = try move(address.description, limit: limit, in: db, make: make)
            try db.run("UPDATE waiting SET checked = 0 WHERE address = ?", [address.description])
            try add(moved, to: .cacheMisses, in: db)
            return moved
        }
        forget(moved)
        return moved
    }

    /// Sends out alerts accepted before `cutoff` as `make` says, oldest first, at most `limit`. Returns how many.
    package func expire(before cutoff: Double, limit: Int, make: EventMaker) throws(StoreError) -> Int {
        let moved = try write("giving up waiting alerts") { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM pending WHERE accepted_at < ? ORDER BY id LIMIT ?"),
                arguments: [cutoff, limit])
            return try move(rows, in: db, make: make)
        }
        forget(moved)
        return moved
    }

    /// When the oldest waiting alert was accepted; nil when none waits.
    package func oldestPending() throws(StoreError) -> Double? {
        try read("reading the queue") {
            try Double.fetchOne($0, sql: "SELECT accepted_at FROM pending ORDER BY id LIMIT 1")
        }
    }

    /// The addresses whose turn is next: highest level, then most alerts, then oldest.
    package func candidates(limit: Int) throws(StoreError) -> [WaitingAddress] {
        try read("choosing the next lookup") { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT * FROM waiting WHERE checked = 1 ORDER BY level DESC, alerts DESC, first_at LIMIT ?"),
                arguments: [limit]
            ).compactMap { WaitingAddress(row: $0) }
        }
    }

    private func move(_ address: String, limit: Int, in db: Database, make: EventMaker) throws -> Int {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM pending WHERE address = ? ORDER BY id LIMIT ?"),
            arguments: [address, limit])
        let moved = try move(rows, in: db, make: make)
        if rows.isEmpty { try db.run("DELETE FROM waiting WHERE address = ?", [address]) }
        return moved
    }

    private func move(_ rows: [Row], in db: Database, make: EventMaker) throws -> Int {
        for row in rows {
            if let source = EventSource(pending: row) {
                for item in try make(source) { try item.insert(in: db) }
            }
            try db.run("DELETE FROM pending WHERE id = ?", [row["id"] as Int64])
            let address: String = row["address"]
            try db.run("UPDATE waiting SET alerts = alerts - 1 WHERE address = ?", [address])
            try db.run("DELETE FROM waiting WHERE address = ? AND alerts <= 0", [address])
        }
        return rows.count
    }

    private func forget(_ moved: Int) {
        pendingCount.withLock { $0 -= moved }
    }
}

extension EventSource {
    /// nil only where the row's address is none, which `accept` never writes.
    fileprivate init?(pending row: Row) {
        guard let address = IPAddress(row["address"] as String) else { return nil }
        let agent = (row["agent_id"] as String?).map {
            Alert.Agent(id: $0, name: row["agent_name"] ?? "", ip: row["agent_ip"])
        }
        let groups: String = row["groups"]
        self.init(
            eventID: row["event_id"], address: address, alertID: row["alert_id"], timestamp: row["timestamp"],
            ruleID: row["rule_id"], level: row["level"], ruleDescription: row["description"],
            ruleGroups: groups.isEmpty ? [] : groups.components(separatedBy: "\n"), agent: agent,
            manager: row["manager"], location: row["location"], fullLog: row["full_log"],
            logWasCut: row["log_was_cut"])
    }
}
