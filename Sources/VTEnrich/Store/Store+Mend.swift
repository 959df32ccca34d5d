import GRDB
import Glibc
import Logging
import Synchronization

extension Store {
    /// Seconds between two rebuilds: what is damaged again at once is no accident.
    static let rebuildInterval = 600.0

    /// Looks after the files under the open database and mends what happened to them: damage that a call met (T11), a file
    /// that was deleted or replaced (T14). Costs four `stat` when all is well.
    ///
    /// Every few seconds from one place that may block. Meanwhile other calls throw and are tried again. Throws what is
    /// still wrong; the next call tries again.
    package func mend() throws(StoreError) {
        guard let files else { return }
        do throws(StoreError) {
            try mend(files)
        } catch {
            tell(error)
            throw error
        }
    }

    private func mend(_ files: StateFiles) throws(StoreError) {
        let (damage, rebuiltAt, known) = care.withLock { ($0.damage, $0.rebuiltAt, $0.identities) }
        let opener = StateOpener(files: files, log: log, eventKey: eventKey)
        let found = files.identities
        if let damage {
            guard Clock.system.boot() - rebuiltAt >= Self.rebuildInterval else {
                throw StoreError(.corrupt, "\(path) is damaged again, minutes after it was rebuilt: \(damage)")
            }
            try rebuild(opener, damage)
        } else if !database.isOpen {
            try database.exchange("\(path) is being opened") { _, _ throws(StoreError) in try opener.open() }
        } else if found.database != known.database {
            try restore(opener, known, found)
        } else if found.wal != known.wal || found.shm != known.shm {
            try reopen(opener)
        }
        if found.lock != known.lock { try lockAgain(files) }
        care.withLock { $0.identities = files.identities }
    }

    private func rebuild(_ opener: StateOpener, _ damage: String) throws(StoreError) {
        try database.exchange("\(path) is being rebuilt") { last, isSpent throws(StoreError) in
            isSpent = true
            try Self.close(last, path)
            // What a call met, SQLite's own checks may not see.
            if case .sound = try opener.files.examine(path) { try opener.rebuild(damage) }
            let next = try opener.open()
            care.withLock {
                $0.damage = nil
                $0.rebuiltAt = Clock.system.boot()
            }
            try recount(next)
            return next
        }
    }

    /// The open files live on without their names: nothing of them is lost.
    private func restore(
        _ opener: StateOpener, _ known: StateFiles.Identities, _ found: StateFiles.Identities
    ) throws(StoreError) {
        let files = opener.files
        let isGone = found.database == nil
        try files.check()
        try database.exchange("\(path) is being restored") { last, isSpent throws(StoreError) in
            guard let last else { return try opener.open() }
            try opener.restore(from: last)
            // Ours, and in the restored one: they must not be taken for those of what was found.
            if found.wal == known.wal { unlink(path + "-wal") }
            if found.shm == known.shm { unlink(path + "-shm") }
            let kept = files.hasAny ? try files.putAside("replaced", wall: Clock.system.wall()) : nil
            try files.installReplacement()
            isSpent = true
            try Self.close(last, path)
            log.error(
                """
                \(path) was \(isGone ? "deleted" : "replaced") while it was in use: it is restored from the open file, \
                nothing is lost\(kept.map { "; what was found in its place is kept as \($0)" } ?? "")
                """)
            return try opener.open()
        }
    }

    /// A companion lost its name: closing writes all of it into the database itself.
    private func reopen(_ opener: StateOpener) throws(StoreError) {
        try flush()
        try database.exchange("\(path) is being opened again") { last, isSpent throws(StoreError) in
            isSpent = true
            try Self.close(last, path)
            return try opener.open()
        }
        log.error("\(path)-wal or \(path)-shm was deleted while in use: the database is opened again, nothing is lost")
    }

    private func lockAgain(_ files: StateFiles) throws(StoreError) {
        let lock = try StateLock(directory: files.directory)
        care.withLock { $0.lock = lock }
        log.warning("\(StateLock.path(in: files.directory)) was deleted while in use: it is made again")
    }

    private static func close(_ database: (any DatabaseWriter)?, _ path: String) throws(StoreError) {
        guard let database else { return }
        try StoreError.wrap("closing the state", path) { try database.close() }
    }

    // MARK: The write-ahead log

    /// Writes what the write-ahead log holds into the database, so that little is lost with the log (T12) and a later reader
    /// finds it short. Writes nothing when there is nothing to write.
    package func flush() throws(StoreError) {
        try run("writing the log into the state") { database in
            try database.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
        }
    }

    /// What is wrong with the size of the write-ahead log; nil: nothing.
    package var walProblem: StoreError? {
        guard let bytes = files?.walBytes, bytes > Self.walLimit else { return nil }
        let problem = StoreError(
            .other,
            """
            \(path)-wal has grown to \(bytes / 1_048_576) MiB: a program that reads the database without end keeps it from \
            shrinking (fuser \(path)), or the disk refuses writes
            """)
        tell(problem)
        return problem
    }

    private static let walLimit = 64 * 1024 * 1024
}
