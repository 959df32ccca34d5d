import Foundation
import GRDB

/// Copies the rows of a damaged database that can still be read into a new one, and remembers what could not.
///
/// Each table is read in many small ranges of its key, each from both ends: a damaged page costs the rows on it, not those
/// behind it.
struct Salvage {
    /// Rows taken over, by table.
    private(set) var rows: [String: Int] = [:]
    /// Tables that were not read to their end.
    private(set) var incomplete: Set<String> = []
    /// Rows that made no sense, by table.
    private(set) var refused: [String: Int] = [:]
    private(set) var hasKey = false

    /// Small ones first: what they hold matters most. `waiting` and `verdict_count` follow from others.
    static let tables = [
        "meta", "spent", "request", "counter", "checkpoint", "outbox", "pending", "seen", "verdict",
    ]
    /// And not `sink`: ids of the outbox may be given out anew, so no mark of what was sent holds any more.
    private static let derived: Set = ["waiting", "verdict_count", "sqlite_sequence", "sink"]

    /// - Parameter target: new and empty, with all tables; nobody else reads it yet.
    mutating func copy(from source: Database, to target: Database) throws {
        let all = try String.fetchAll(
            target, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rootpage")
        let others = all.filter { !Self.tables.contains($0) && !Self.derived.contains($0) }
        for name in Self.tables + others {
            guard let table = try SalvageTable(name, source: source, target: target) else {
                incomplete.insert(name)
                continue
            }
            try target.inTransaction {
                try copy(table, from: source, to: target)
                return .commit
            }
            CrashPoint.duringSalvage.reach()
        }
        try target.inTransaction {
            try Store.rebuildWaiting(target)
            try emptyBucket(target)
            return .commit
        }
        hasKey = try Data.fetchOne(target, sql: "SELECT value FROM meta WHERE key = 'event_key'") != nil
    }

    private mutating func copy(_ table: SalvageTable, from source: Database, to target: Database) throws {
        for range in table.ranges(in: source) {
            var isWhole = true
            for direction in ["ASC", "DESC"] {
                do {
                    try copy(table, range, direction, from: source, to: target)
                    if isWhole { break }
                } catch let error as DatabaseError where error.isUnreadable {
                    isWhole = false
                    incomplete.insert(table.name)
                }
            }
        }
    }

    private mutating func copy(
        _ table: SalvageTable, _ range: SalvageTable.Range, _ direction: String, from source: Database,
        to target: Database
    ) throws {
        let cursor = try Row.fetchCursor(
            source.cachedStatement(sql: table.select(range, direction)), arguments: range.arguments)
        while true {
            guard let row = try cursor.next() else { return }
            guard table.isPlausible(row) else {
                refused[table.name, default: 0] += 1
                continue
            }
            do {
                try target.run(table.insert, StatementArguments(row.databaseValues.map { $0 }))
                rows[table.name, default: 0] += target.changesCount
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                refused[table.name, default: 0] += 1
            }
        }
    }

    /// When requests of the last minute may be missing, the bucket starts empty, as after a reboot (design 2).
    private func emptyBucket(_ target: Database) throws {
        guard !incomplete.isDisjoint(with: ["request", "meta"]) else { return }
        try target.run(
            "INSERT OR REPLACE INTO meta VALUES ('bucket_empty_until', ?)", [Clock.system.boot() + 61])
    }
}

extension DatabaseError {
    /// Of the file that is read, not of the one that is written.
    fileprivate var isUnreadable: Bool {
        switch resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR: sql?.hasPrefix("SELECT") ?? true
        default: false
        }
    }
}
