import Foundation
import GRDB
import Synchronization
import VTEnrichCore

/// `state.db`: the queue between the stages, the cache and the quota ledger (contract §2, `state_dir`).
///
/// All calls are synchronous and block on the disk: stages call from their own queue, never from the shared pool.
/// Every call throws `StoreError`; a call that threw changed nothing. Memory does not grow with the tables.
package final class Store: Sendable {
    let path: String
    let database: any DatabaseWriter
    private let lock: StateLock?
    /// The rows of `pending`, kept beside the table so that `max_pending` costs no count.
    let pendingCount = Mutex(0)
    /// The secret under which event ids are made (contract §3).
    package let eventKey: [UInt8]

    /// Opens or creates the state for the daemon, alone. The directory must exist: systemd or the administrator makes it.
    package convenience init(directory: String) throws(StoreError) {
        let lock = try StateLock(directory: directory)
        let path = directory + "/state.db"
        let pool = try Self.wrap("opening the state", path) {
            let pool = try DatabasePool(path: path, configuration: Self.configuration())
            try Self.migrate(pool, path: path)
            return pool
        }
        chmod(path, 0o640)
        let key = try Self.wrap("making the secret", path) { try pool.write(Self.readOrMakeKey) }
        try self.init(database: pool, path: path, lock: lock, eventKey: key)
    }

    /// The state as it is, for commands beside a daemon or without one: no lock, no migration, nothing created. nil when there
    /// is none yet.
    package static func inspect(directory: String) throws(StoreError) -> Store? {
        let path = directory + "/state.db"
        guard access(path, F_OK) == 0 else {
            guard errno != ENOENT else { return nil }
            throw StoreError(
                .inaccessible, "cannot read \(path): \(errnoText()) (run it as root or as the service's user)")
        }
        guard access(path, R_OK) == 0 else {
            throw StoreError(
                .inaccessible, "cannot read \(path): \(errnoText()) (run it as root or as the service's user)")
        }
        var configuration = configuration()
        configuration.readonly = access(path, W_OK) != 0 || access(directory, W_OK) != 0
        configuration.busyMode = .timeout(0.3)
        let queue = try wrap("opening the state", path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard version == Schema.version else {
                throw StoreError(.newerSchema, "\(path) has schema \(version), this vtenrichd reads \(Schema.version)")
            }
            return queue
        }
        // Reads alone: another process may hold the write lock.
        let key = try wrap("reading the secret", path) { try queue.read(Self.readKey) }
        return try Store(database: queue, path: path, lock: nil, eventKey: key ?? [])
    }

    /// The pid of the daemon that uses the state directory, -1 when it cannot be told; nil when none runs.
    package static func runningDaemon(directory: String) -> Int32? { StateLock.holder(directory: directory) }

    /// A state in memory, for `simulate` and tests.
    package static func inMemory() throws(StoreError) -> Store {
        let queue = try wrap("creating the state", ":memory:") {
            let queue = try DatabaseQueue(configuration: configuration())
            try migrate(queue, path: ":memory:")
            return queue
        }
        let key = try wrap("making the secret", ":memory:") { try queue.write(Self.readOrMakeKey) }
        return try Store(database: queue, path: ":memory:", lock: nil, eventKey: key)
    }

    private init(
        database: any DatabaseWriter, path: String, lock: StateLock?, eventKey: [UInt8]
    ) throws(StoreError) {
        self.database = database
        self.path = path
        self.lock = lock
        self.eventKey = eventKey
        let count = try Self.wrap("counting the queue", path) {
            try database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM pending") ?? 0 }
        }
        pendingCount.withLock { $0 = count }
    }

    /// How many accepted alerts wait for a verdict.
    package var pending: Int { pendingCount.withLock { $0 } }

    /// Runs a write transaction; what it throws comes out as `StoreError`.
    func write<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try Self.wrap(operation, path) { try database.write(body) }
    }

    /// Without a transaction around it, which would cost more than the one or two statements that most readers run; who needs
    /// several tables at one moment writes.
    func read<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try Self.wrap(operation, path) { try database.unsafeRead(body) }
    }

    private static func wrap<T>(_ operation: String, _ path: String, _ body: () throws -> T) throws(StoreError) -> T {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(operation, path: path, cause: error)
        }
    }

    /// WAL with `synchronous=NORMAL`: safe for SIGKILL; after a power loss the tail repeats (`follower-scenarios.md` §5).
    private static func configuration() -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "state"
        configuration.maximumReaderCount = 3
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    private static func migrate(_ database: some DatabaseWriter, path: String) throws {
        let version = try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        guard version <= Schema.version else {
            throw StoreError(
                .newerSchema,
                "\(path) was written by a newer vtenrichd (schema \(version), this one knows \(Schema.version)): "
                    + "install that version again, or move the file away to start afresh")
        }
        try Schema.migrator.migrate(database)
    }

    private static func readKey(_ db: Database) throws -> [UInt8]? {
        let key = try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'event_key'")
        return key.flatMap { $0.count == 32 ? [UInt8]($0) : nil }
    }

    private static func readOrMakeKey(_ db: Database) throws -> [UInt8] {
        if let key = try readKey(db) { return key }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try db.execute(sql: "INSERT OR REPLACE INTO meta VALUES ('event_key', ?)", arguments: [Data(key)])
        return key
    }
}

extension Database {
    /// Runs one statement, prepared once and kept.
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
