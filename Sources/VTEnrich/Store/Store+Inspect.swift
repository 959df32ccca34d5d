import Foundation
import GRDB
import Glibc

extension Store {
    /// The state as it is, for commands beside a daemon or without one: no lock, no migration, nothing created. nil when there
    /// is none yet.
    ///
    /// Reads only where the caller may not write: also without any right to write, on a read-only medium, and after an
    /// unclean end of the daemon.
    package static func inspect(directory: String) throws(StoreError) -> Store? {
        let path = directory + "/state.db"
        guard access(path, F_OK) == 0 else {
            guard errno != ENOENT else { return nil }
            throw unreadable(path, errnoText())
        }
        guard access(path, R_OK) == 0 else { throw unreadable(path, errnoText()) }
        let isReadOnly = access(path, W_OK) != 0 || access(directory, W_OK) != 0
        var configuration = configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(0.3)
        let queue: DatabaseQueue
        do throws(StoreError) {
            queue = try open(path, configuration)
        } catch {
            guard isReadOnly, error.kind == .inaccessible else { throw error }
            queue = try openUnchanging(path, directory, configuration)
        }
        // Reads alone: another process may hold the write lock.
        let key = try StoreError.wrap("reading the secret", path) { try queue.read(readKey) }
        return try Store(database: queue, path: path, files: nil, log: .silent, eventKey: key ?? [])
    }

    /// The pid of the daemon that uses the state directory, -1 when it cannot be told; nil when none runs.
    package static func runningDaemon(directory: String) -> Int32? { StateLock.holder(directory: directory) }

    private static func open(_ path: String, _ configuration: GRDB.Configuration) throws(StoreError) -> DatabaseQueue {
        try StoreError.wrap("opening the state", path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard version == Schema.version else {
                throw StoreError(.newerSchema, "\(path) has schema \(version), this vtenrichd reads \(Schema.version)")
            }
            return queue
        }
    }

    /// Without its companions and without the right to make them, SQLite reads only what it is told will not change: true
    /// while no daemon runs, and all there is when the last one ended cleanly.
    private static func openUnchanging(
        _ path: String, _ directory: String, _ configuration: GRDB.Configuration
    ) throws(StoreError) -> DatabaseQueue {
        let wal = StateFiles.facts(path + "-wal").map { Int($0.st_size) } ?? 0
        guard wal == 0, StateLock.holder(directory: directory) == nil else {
            throw unreadable(path, "its write-ahead log has to be read with it")
        }
        let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#%"))
        let name = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
        return try open("file:\(name)?immutable=1", configuration)
    }

    private static func unreadable(_ path: String, _ cause: String) -> StoreError {
        StoreError(
            .inaccessible, "cannot read \(path): \(cause) (uid \(geteuid()): run it as root or as the service's user)")
    }
}
