import Glibc

/// Tells that something happened to watched files and folders; what, only reading them shows (`wazuh.md` §2).
///
/// Writes come through another hard link than `alerts.json`, so a folder's watch never sees them: files are watched by
/// their descriptor, the folder for names that come and go.
final class Inotify {
    let descriptor: Int32

    init() throws(FileError) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw FileError("start", "inotify", errno) }
    }

    deinit { close(descriptor) }

    func watch(file: Int32, name: String) throws(FileError) -> Int32 {
        let mask = UInt32(IN_MODIFY) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF)
        return try add("/proc/self/fd/\(file)", mask, name: name)
    }

    func watch(folder: String) throws(FileError) -> Int32 {
        let names = UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO)
        let itself = UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ATTRIB) | UInt32(IN_ONLYDIR)
        return try add(folder, names | itself, name: folder)
    }

    private func add(_ path: String, _ mask: UInt32, name: String) throws(FileError) -> Int32 {
        let watch = inotify_add_watch(descriptor, path, mask)
        guard watch >= 0 else {
            let code = errno
            let hint = code == ENOSPC ? "raise fs.inotify.max_user_watches" : nil
            throw FileError("watch", name, code, hint: hint)
        }
        return watch
    }

    func remove(_ watch: Int32) {
        inotify_rm_watch(descriptor, watch)
    }

    /// Takes all waiting events; gives the watches that the kernel has removed (their file is gone).
    func drain() -> Set<Int32> {
        var ended: Set<Int32> = []
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress!, buffer.count)
                guard count > 0 else { return }
                var position = 0
                while position + MemoryLayout<inotify_event>.size <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
                    if event.mask & UInt32(IN_IGNORED) != 0 { ended.insert(event.wd) }
                    position += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
        }
        return ended
    }
}
