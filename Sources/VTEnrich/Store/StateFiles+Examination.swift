import Foundation
import GRDB
import Glibc

extension StateFiles {
    /// What there is, before anything is done with it.
    enum Condition: Equatable {
        case absent
        /// Of this version or an older one.
        case sound
        /// No database, or one that contradicts itself.
        case damaged(String)
    }

    /// Bytes. Above this size a start looks at each table but the cache, which alone can be large, and not at what lies between
    /// them: unused pages, and pages that two claim. Damage there is met when it is read, and mended then (`Store.mend`).
    static let thoroughLimit = 256 * 1024 * 1024
    /// A version beyond this is damage, not the future.
    private static let plausibleVersion = 10_000

    /// Reads the database at `path` without changing it. Throws for one of a newer version, and for what is no damage: a
    /// disk error, a lock, missing rights.
    func examine(_ path: String, thoroughLimit: Int = Self.thoroughLimit) throws(StoreError) -> Condition {
        guard let facts = Self.facts(path) else {
            return Self.facts(path + "-wal").map { $0.st_size > 0 } == true
                ? .damaged("it is gone, its write-ahead log is still there") : .absent
        }
        guard facts.st_size > 0 else { return .damaged("it is empty") }
        var condition = Condition.sound
        do throws(StoreError) {
            try StoreError.wrap("examining the state", path) {
                var configuration = Store.configuration()
                // A rollback journal, which this program leaves nowhere, has to be played back first.
                configuration.readonly = Self.facts(path + "-journal") == nil
                let queue = try DatabaseQueue(path: path, configuration: configuration)
                condition = try queue.writeWithoutTransaction { db in
                    try Self.examine(db, path, thorough: facts.st_size <= thoroughLimit)
                }
                try queue.close()
            }
        } catch {
            guard error.kind == .corrupt else { throw error }
            return .damaged(error.cause)
        }
        return condition
    }

    private static func examine(_ db: Database, _ path: String, thorough: Bool) throws -> Condition {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version > 0, version < plausibleVersion else { return .damaged("it holds no state (schema \(version))") }
        guard version <= Schema.version else { throw StoreError.newer(path, version) }
        guard !thorough else { return try check(db, "SELECT * FROM pragma_integrity_check(1)") }
        let tables = try String.fetchAll(
            db,
            sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('verdict', 'sqlite_sequence')")
        for table in tables {
            let condition = try check(db, "SELECT * FROM pragma_quick_check(?)", [table])
            guard condition == .sound else { return condition }
        }
        return .sound
    }

    private static func check(
        _ db: Database, _ sql: String, _ arguments: StatementArguments = StatementArguments()
    ) throws -> Condition {
        let problem = try String.fetchOne(db, sql: sql, arguments: arguments)
        return problem == "ok" ? .sound : .damaged(problem ?? "it cannot be checked")
    }
}
