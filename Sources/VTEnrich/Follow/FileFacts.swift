import CLinux
import Glibc

/// What statx(2) tells of a file, as far as following needs it.
struct FileFacts: Sendable, Equatable {
    /// Completes "… is KIND".
    enum Kind: String, Sendable {
        case regular = "a regular file"
        case directory = "a directory"
        case fifo = "a FIFO"
        case socket = "a socket"
        case device = "a device"
    }

    var identity: FileIdentity
    var kind: Kind
    var size: UInt64
    /// Wall clock of the last write, seconds since 1970.
    var modified: Double
    /// 0: no name is left, only open descriptors.
    var links: Int
    /// Permission bits.
    var mode: Int
    var user: UInt32
    var group: UInt32

    /// Follows symbolic links.
    static func of(path: String) throws(FileError) -> FileFacts {
        var result = statx()
        guard vt_statx_path(path, &result) == 0 else {
            let code = errno
            throw FileError("look at", path, code, hint: code == EACCES ? OpenFile.folderHint() : nil)
        }
        return FileFacts(result)
    }

    static func of(descriptor: Int32, path: String) throws(FileError) -> FileFacts {
        var result = statx()
        guard vt_statx_descriptor(descriptor, &result) == 0 else { throw FileError("look at", path, errno) }
        return FileFacts(result)
    }

    private init(_ result: statx) {
        let hasBirth = result.stx_mask & UInt32(STATX_BTIME) != 0
        let birth = result.stx_btime.tv_sec * 1_000_000_000 + Int64(result.stx_btime.tv_nsec)
        identity = FileIdentity(
            device: UInt64(result.stx_dev_major) << 32 | UInt64(result.stx_dev_minor), inode: result.stx_ino,
            birth: hasBirth ? birth : nil)
        kind =
            switch mode_t(result.stx_mode) & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .device
            }
        size = result.stx_size
        modified = Double(result.stx_mtime.tv_sec) + Double(result.stx_mtime.tv_nsec) / 1e9
        links = Int(result.stx_nlink)
        mode = Int(result.stx_mode) & 0o7777
        user = result.stx_uid
        group = result.stx_gid
    }
}

/// An open regular file for reading; whoever opened it closes it.
struct OpenFile {
    let descriptor: Int32
    let facts: FileFacts

    /// Never blocks, and opens nothing but a regular file: a FIFO or a device would do things when opened (F25).
    static func open(_ path: String) throws(FileError) -> OpenFile {
        let named = try FileFacts.of(path: path)
        guard named.kind == .regular else { throw FileError("follow", path, .kind(named.kind.rawValue)) }
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            throw FileError("open", path, code, hint: code == EACCES ? accessHint(named) : nil)
        }
        do throws(FileError) {
            let facts = try FileFacts.of(descriptor: descriptor, path: path)
            guard facts.kind == .regular else { throw FileError("follow", path, .kind(facts.kind.rawValue)) }
            return OpenFile(descriptor: descriptor, facts: facts)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Who we are, whose the file is, and what mends it (T19).
    private static func accessHint(_ facts: FileFacts) -> String {
        let mode = String(facts.mode, radix: 8)
        let group = groupName(facts.group)
        return "vtenrichd runs as \(userName(geteuid())), the file is \(userName(facts.user)):\(group) 0\(mode): "
            + "let the user join group \(group), or let the group read the file"
    }

    static func folderHint() -> String {
        "vtenrichd runs as \(userName(geteuid())) and may not enter a folder of it: let the user join the folder's group"
    }

    private static func userName(_ id: uid_t) -> String {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 4096)
        var result: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &result) == 0, result != nil else { return "uid \(id)" }
        return String(cString: entry.pw_name)
    }

    private static func groupName(_ id: gid_t) -> String {
        var entry = group()
        var buffer = [CChar](repeating: 0, count: 4096)
        var result: UnsafeMutablePointer<group>?
        guard getgrgid_r(id, &entry, &buffer, buffer.count, &result) == 0, result != nil else { return "gid \(id)" }
        return String(cString: entry.gr_name)
    }
}
