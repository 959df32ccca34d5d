import Glibc

/// The files of the state: their names, what must be true of them before they are opened, and how they change places.
/// Nothing is ever deleted but what this program left half made.
struct StateFiles: Sendable {
    let directory: String

    var database: String { directory + "/state.db" }
    /// A complete database on its way into the place of `database`.
    var replacement: String { directory + "/state.db.new" }
    /// A copy of a damaged database with another first page.
    var patchedCopy: String { directory + "/state.db.copy" }

    /// The place of a `SentMark`.
    func sentMark(sink: String) -> String { directory + "/" + Self.sentMark(sink) }

    /// Those of `Deliverers`.
    private static let markedSinks = ["analysisd", "file"]
    private static func sentMark(_ sink: String) -> String { "sent-" + sink }

    /// The names of everything that a daemon writes there.
    static let names =
        companions.map { "state.db" + $0 } + markedSinks.map { sentMark($0) } + [StateLock.name]

    /// SQLite's companions of a database. The database comes last, so that a kill while they are moved leaves no log beside
    /// a database that it does not belong to.
    static let companions = ["-journal", "-wal", "-shm", ""]

    /// Which physical files the names lead to; nil where there is none.
    struct Identities: Equatable, Sendable {
        struct Identity: Equatable, Sendable {
            var device: UInt64
            var inode: UInt64
        }

        var database: Identity?
        var wal: Identity?
        var shm: Identity?
        var lock: Identity?
    }

    var identities: Identities {
        func identity(_ path: String) -> Identities.Identity? {
            Self.facts(path).map { .init(device: UInt64($0.st_dev), inode: UInt64($0.st_ino)) }
        }
        return Identities(
            database: identity(database), wal: identity(database + "-wal"), shm: identity(database + "-shm"),
            lock: identity(StateLock.path(in: directory)))
    }

    /// Whether one of the database's names is taken.
    var hasAny: Bool { Self.companions.contains { Self.facts(database + $0) != nil } }

    var walBytes: Int { Self.facts(database + "-wal").map { Int($0.st_size) } ?? 0 }

    // MARK: Before they are opened

    /// Throws when the directory or a file in it cannot be used, with path, cause and uid (T15).
    func check() throws(StoreError) {
        var facts = stat()
        guard stat(directory, &facts) == 0 else {
            throw refused(directory, errnoText(), "create it, or mount it, for the service's user")
        }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            throw refused(directory, "it is not a directory", "give another state_dir")
        }
        guard access(directory, R_OK | W_OK | X_OK) == 0 else {
            throw refused(directory, errnoText(), Self.remedy(facts))
        }
        for path in Self.names.map({ directory + "/" + $0 }) {
            guard lstat(path, &facts) == 0 else { continue }
            guard facts.st_mode & S_IFMT == S_IFREG else {
                throw refused(path, "it is not a regular file", "move it away")
            }
            guard access(path, R_OK | W_OK) == 0 else { throw refused(path, errnoText(), Self.remedy(facts)) }
        }
    }

    private func refused(_ path: String, _ cause: String, _ remedy: String) -> StoreError {
        StoreError(.inaccessible, "cannot use \(path): \(cause) (uid \(geteuid()); \(remedy))")
    }

    private static func remedy(_ facts: stat) -> String {
        let mode = String(facts.st_mode & 0o7777, radix: 8)
        return
            "it belongs to uid \(facts.st_uid), mode 0\(mode); it must belong to the service's user, on a file system "
            + "that can be written"
    }

    // MARK: Changing places

    /// Moves a database with its companions to `state.db.<label>-<time>`; returns the new path.
    func putAside(_ label: String, wall: Double) throws(StoreError) -> String {
        let stamp = Timestamp.text(wall).filter { $0 != "-" && $0 != ":" }
        var target = "\(database).\(label)-\(stamp)"
        var number = 1
        while Self.companions.contains(where: { Self.facts(target + $0) != nil }) {
            number += 1
            target = "\(database).\(label)-\(stamp)-\(number)"
        }
        for companion in Self.companions where Self.facts(database + companion) != nil {
            guard rename(database + companion, target + companion) == 0 else {
                throw StoreError(
                    errno: errno, "moving \(database + companion) to \(target + companion)", path: directory)
            }
        }
        return target
    }

    /// Puts the replacement into the database's place, which must be free.
    func installReplacement() throws(StoreError) {
        guard rename(replacement, database) == 0 else {
            throw StoreError(errno: errno, "moving \(replacement) to \(database)", path: directory)
        }
        sync(directory)
    }

    /// Creates the replacement's file, empty and with the mode that SQLite gives its companions too.
    func makeReplacement() throws(StoreError) {
        discard(replacement)
        let descriptor = open(replacement, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw StoreError(errno: errno, "creating \(replacement)", path: directory) }
        fchmod(descriptor, 0o640)
        close(descriptor)
    }

    /// Removes what this program made and did not finish.
    func discard(_ path: String) {
        for companion in Self.companions { unlink(path + companion) }
    }

    func sync(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    func restrictModes() {
        for companion in Self.companions { chmod(database + companion, 0o640) }
    }

    static func facts(_ path: String) -> stat? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts : nil
    }
}
