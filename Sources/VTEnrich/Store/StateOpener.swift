import Foundation
import GRDB
import Logging

/// Opens `state.db` whatever is found there: makes one where there is none, and rebuilds a damaged one from what can be read
/// of it. Works under the state's lock. Never deletes what it found.
struct StateOpener {
    let files: StateFiles
    let log: Logger
    /// The secret that a database without one takes over.
    var eventKey: [UInt8]?

    func open() throws(StoreError) -> DatabasePool {
        switch try files.examine(files.database) {
        case .sound: break
        case .damaged(let reason): try rebuild(reason)
        case .absent:
            // A kill may have come between putting the damaged one aside and putting the rebuilt one in its place.
            if try files.examine(files.replacement) != .sound {
                try build { _ in }
            }
            try files.installReplacement()
        }
        files.discard(files.replacement)
        files.discard(files.patchedCopy)
        let pool = try StoreError.wrap("opening the state", files.database) {
            let pool = try DatabasePool(path: files.database, configuration: Store.configuration())
            try pool.write { try Schema.migrate($0) }
            return pool
        }
        files.restrictModes()
        return pool
    }

    /// Puts a new database with everything that can be read of the damaged one in its place, and that one aside.
    func rebuild(_ reason: String) throws(StoreError) {
        let writtenAt = StateFiles.facts(files.database).map { Double($0.st_mtim.tv_sec) }
        var salvage = Salvage()
        try build { target in
            guard let source = try DamagedDatabase(files: files).open() else { return }
            try source.writeWithoutTransaction { try salvage.copy(from: $0, to: target) }
            try source.close()
        }
        CrashPoint.betweenFiles.reach()
        let kept = try files.putAside("corrupt", wall: Clock.system.wall())
        CrashPoint.betweenFiles.reach()
        try files.installReplacement()
        files.discard(files.patchedCopy)
        log.error(
            """
            \(files.database) is damaged (\(reason)): it is kept as \(kept), and a new one is made. \
            \(salvage.account(writtenAt: writtenAt))
            """)
    }

    /// Puts a copy of a database that is open and whole in the place that its file has lost.
    func restore(from database: any DatabaseWriter) throws(StoreError) {
        try files.makeReplacement()
        try StoreError.wrap("copying the open state", files.replacement) {
            let target = try DatabaseQueue(path: files.replacement)
            try database.backup(to: target)
            try target.close()
        }
        files.sync(files.replacement)
    }

    /// Builds the replacement: tables, what `fill` puts into them, the secret. Its version is set last, so that one half made
    /// is never taken for whole.
    private func build(_ fill: (Database) throws -> Void) throws(StoreError) {
        try files.makeReplacement()
        try StoreError.wrap("creating the state", files.replacement) {
            var configuration = GRDB.Configuration()
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA page_size = 4096")
                // Nobody reads it before it is whole.
                try db.execute(sql: "PRAGMA journal_mode = MEMORY")
                try db.execute(sql: "PRAGMA synchronous = OFF")
            }
            let queue = try DatabaseQueue(path: files.replacement, configuration: configuration)
            try queue.write { db in
                try Schema.migrate(db)
                try db.execute(sql: "PRAGMA user_version = 0")
            }
            try queue.writeWithoutTransaction { try fill($0) }
            try queue.write { db in
                try Store.readOrMakeKey(db, known: eventKey)
                try db.execute(sql: "PRAGMA user_version = \(Schema.version)")
            }
            // Already here, since a kill during the change would leave a rollback journal beside the database.
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try queue.close()
        }
        files.sync(files.replacement)
    }
}

extension Database {
    /// The columns of a table as this connection sees them, in their order; empty when there is no such table.
    func columnNames(of table: String) throws -> [String] {
        try String.fetchAll(self, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
    }
}
