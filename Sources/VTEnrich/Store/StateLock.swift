import Glibc

/// The lock on a state directory: one daemon for each. Held by an open file description, so SIGKILL leaves nothing stale (T05).
final class StateLock: Sendable {
    /// Open file description locks, F_OFD_GETLK and F_OFD_SETLK of fcntl(2): Glibc does not import the names.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private let descriptor: Int32

    static let name = "lock"
    static func path(in directory: String) -> String { directory + "/" + name }

    /// Creates `lock` in the directory when it is missing. Throws `StoreError` `.locked` with the pid of the holder.
    init(directory: String) throws(StoreError) {
        let path = Self.path(in: directory)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else {
            throw StoreError(
                .inaccessible,
                "cannot open \(path): \(errnoText()) (uid \(geteuid()); the state directory must belong to the service's user)"
            )
        }
        var request = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        guard fcntl(descriptor, Self.setLock, &request) == 0 else {
            let holder = Self.readPID(descriptor)
            close(descriptor)
            throw StoreError(
                .locked(pid: holder),
                "another vtenrichd\(holder.map { " (pid \($0))" } ?? "") uses \(directory); stop it first or give this one another state_dir"
            )
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = descriptor
    }

    /// Unlocks by name: a child between fork and exec still has the descriptor.
    deinit {
        var release = flock(l_type: Int16(F_UNLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        _ = fcntl(descriptor, Self.setLock, &release)
        close(descriptor)
    }

    /// The pid that holds the lock, without touching it; nil when nobody does or the file cannot be read.
    static func holder(directory: String) -> Int32? {
        let descriptor = open(path(in: directory), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var request = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        guard fcntl(descriptor, Self.getLock, &request) == 0, request.l_type != Int16(F_UNLCK) else { return nil }
        return readPID(descriptor) ?? -1
    }

    private static func readPID(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).filter { $0 > 32 }, as: UTF8.self))
    }
}

/// The text of the current `errno`.
func errnoText() -> String { String(cString: strerror(errno)) }
