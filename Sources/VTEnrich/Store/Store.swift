import Foundation
import GRDB
package import Logging
import Synchronization
import VTEnrichCore

/// `state.db`: the queue between the stages, the cache and the quota ledger (contract §2, `state_dir`).
///
/// All calls are synchronous and block on the disk: stages call from their own queue, never from the shared pool.
/// Every call throws `StoreError`; a call that threw changed nothing. Memory does not grow with the tables.
package final class Store: Sendable {
    let path: String
    let database: OpenDatabase
    /// nil for a state in memory, or one that is only inspected.
    let files: StateFiles?
    let log: Logger
    /// What only `mend` touches, but the damage that anybody may meet.
    let care: Mutex<Care>
    private let trouble = Mutex(Trouble())
    /// Rung when damage was met: `mend` is due.
    package let alarm = Doorbell()
    /// The rows of `pending`, kept beside the table so that `max_pending` costs no count.
    let pendingCount = Mutex(0)
    /// What is counted by name since it was last written; nil: to be read anew. Taken inside of transactions alone.
    let tallies = Mutex<TallyBook?>(nil)
    let decoder = FactsDecoder()
    /// The newest row of the outbox when the state was opened (`SentMark`).
    let newestAtOpening: Int64
    /// The secret under which event ids are made (contract §3).
    package let eventKey: [UInt8]

    struct Care {
        var lock: StateLock?
        var identities = StateFiles.Identities()
        /// What a call said when it met a damaged page or row.
        var damage: String?
        /// Boot clock.
        var rebuiltAt = -Double.infinity
    }

    /// Opens or creates the state for the daemon, alone, and mends it when it is damaged. The directory must exist: systemd or
    /// the administrator makes it.
    package convenience init(directory: String, log: Logger = .silent) throws(StoreError) {
        let files = StateFiles(directory: directory)
        try files.check()
        let lock = try StateLock(directory: directory)
        let pool = try StateOpener(files: files, log: log).open()
        let key = try StoreError.wrap("making the secret", files.database) {
            try pool.write { try Self.readOrMakeKey($0) }
        }
        try self.init(database: pool, path: files.database, files: files, log: log, eventKey: key)
        care.withLock {
            $0.lock = lock
            $0.identities = files.identities
        }
    }

    /// A state in memory, for `simulate` and tests.
    package static func inMemory() throws(StoreError) -> Store {
        let queue = try StoreError.wrap("creating the state", ":memory:") {
            let queue = try DatabaseQueue(configuration: configuration())
            try queue.write { try Schema.migrate($0) }
            return queue
        }
        let key = try StoreError.wrap("making the secret", ":memory:") {
            try queue.write { try Self.readOrMakeKey($0) }
        }
        return try Store(database: queue, path: ":memory:", files: nil, log: .silent, eventKey: key)
    }

    init(
        database: any DatabaseWriter, path: String, files: StateFiles?, log: Logger, eventKey: [UInt8]
    ) throws(StoreError) {
        self.database = OpenDatabase(database)
        self.path = path
        self.files = files
        self.log = log
        self.eventKey = eventKey
        care = Mutex(Care())
        newestAtOpening = try StoreError.wrap("reading the outbox", path) {
            try database.read {
                try Int64.fetchOne($0, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'") ?? 0
            }
        }
        try recount(database)
    }

    /// How many accepted alerts wait for a verdict.
    package var pending: Int { pendingCount.withLock { $0 } }

    func recount(_ database: any DatabaseWriter) throws(StoreError) {
        let count = try StoreError.wrap("counting the queue", path) {
            try database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM pending") ?? 0 }
        }
        pendingCount.withLock { $0 = count }
    }

    /// Runs a write transaction; what it throws comes out as `StoreError`.
    func write<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        let result: T
        do throws(StoreError) {
            result = try run(operation) { try $0.write(body) }
        } catch {
            // It may have counted what was rolled back.
            tallies.withLock { $0 = nil }
            throw error
        }
        endTrouble()
        return result
    }

    private func endTrouble() {
        if trouble.withLock({ $0.ends() }) { log.notice("\(path) can be written again") }
    }

    /// Without a transaction around it, which would cost more than the one or two statements that most readers run; who needs
    /// several tables at one moment writes.
    func read<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try run(operation) { try $0.unsafeRead(body) }
    }

    /// Reads through the connection that writes: its own commits do not make its pages old, as they do those of the readers.
    func readByWriter<T>(_ operation: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try run(operation) { try $0.writeWithoutTransaction(body) }
    }

    func run<T>(_ operation: String, _ body: (any DatabaseWriter) throws -> T) throws(StoreError) -> T {
        do throws(StoreError) {
            return try StoreError.wrap(operation, path) { try database.use(body) }
        } catch {
            if error.kind == .corrupt { note(damage: error.cause) }
            tell(error)
            throw error
        }
    }

    /// Logs a fault of the state: callers try again and do not log it themselves.
    func tell(_ error: StoreError) {
        guard trouble.withLock({ $0.begins(error.kind, at: Clock.system.boot()) }) else { return }
        log.error("\(error)")
    }

    /// What is stored cannot be what was written: `mend` rebuilds the database from what can be read.
    func damaged(_ description: String) -> StoreError {
        note(damage: description)
        return StoreError(.corrupt, description)
    }

    private func note(damage: String) {
        care.withLock { $0.damage = $0.damage ?? damage }
        alarm.ring()
    }

    /// WAL with `synchronous=NORMAL`: safe for SIGKILL; after a power loss the tail repeats (`follower-scenarios.md` §5).
    static func configuration() -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "state"
        configuration.maximumReaderCount = 3
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            // After a burst the write-ahead log gives its space back.
            try db.execute(sql: "PRAGMA journal_size_limit = \(16 * 1024 * 1024)")
        }
        return configuration
    }

    static func readKey(_ db: Database) throws -> [UInt8]? {
        let row = try Row.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'event_key'")
        guard let key = row.flatMap({ Data.fromDatabaseValue($0[0]) }), key.count == 32 else { return nil }
        return [UInt8](key)
    }

    /// The key of the database; makes one, or takes `known`, where there is none.
    @discardableResult
    static func readOrMakeKey(_ db: Database, known: [UInt8]? = nil) throws -> [UInt8] {
        if let key = try readKey(db), known == nil || key == known { return key }
        var generator = SystemRandomNumberGenerator()
        let key = known ?? (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
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

extension Logger {
    /// For states that nobody watches.
    package static let silent = Logger(label: "state") { _ in SwiftLogNoOpLogHandler() }
}
