import GRDB
import Glibc

/// What went wrong with the state: the operation, the path, the cause and what the operator can do.
package struct StoreError: Error, CustomStringConvertible, Sendable {
    package enum Kind: Sendable, Hashable {
        /// Another instance holds the state directory.
        case locked(pid: Int32?)
        /// Written by a newer version: untouched.
        case newerSchema
        /// The file is no database, or a damaged one.
        case corrupt
        /// No space, or a quota of the file system.
        case full
        /// The disk refuses to read or write.
        case disk
        /// Permissions, a missing directory, a read-only file system.
        case inaccessible
        /// Another process holds the database's write lock, or the database is being rebuilt.
        case busy
        case other
    }

    package var kind: Kind
    package var description: String
    /// The cause alone, without operation, path and advice.
    var cause: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
        cause = description
    }

    /// A failed database operation, in the operator's words.
    init(_ operation: String, path: String, cause: any Error) {
        guard let error = cause as? DatabaseError else {
            self.init(.other, "\(operation) in \(path): \(cause)")
            return
        }
        self.init(
            Self.kind(of: error), operation, path, cause: error.message ?? error.resultCode.description)
    }

    /// A failed system call.
    init(errno code: Int32, _ operation: String, path: String) {
        let kind: Kind =
            switch code {
            case ENOSPC, EDQUOT: .full
            case EIO: .disk
            case EACCES, EPERM, EROFS, ENOENT, ENOTDIR: .inaccessible
            default: .other
            }
        self.init(kind, operation, path, cause: String(cString: strerror(code)))
    }

    private init(_ kind: Kind, _ operation: String, _ path: String, cause: String) {
        self.kind = kind
        self.cause = cause
        description = "\(operation) in \(path): \(cause)\(Self.advice(kind))"
    }

    static func newer(_ path: String, _ version: Int) -> StoreError {
        StoreError(
            .newerSchema,
            "\(path) was written by a newer vtenrichd (schema \(version), this one knows \(Schema.version)): "
                + "install that version again, or move the file away to start afresh")
    }

    /// Runs database operations; what they throw comes out as `StoreError`.
    static func wrap<T>(_ operation: String, _ path: String, _ body: () throws -> T) throws(StoreError) -> T {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(operation, path: path, cause: error)
        }
    }

    private static func kind(of error: DatabaseError) -> Kind {
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
        case .SQLITE_FULL: .full
        case .SQLITE_IOERR: .disk
        case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .inaccessible
        default: .other
        }
    }

    private static func advice(_ kind: Kind) -> String {
        switch kind {
        case .full: " (the disk is full: free some space; nothing is lost meanwhile)"
        case .disk: " (the disk refuses: see the kernel's log; nothing is lost meanwhile)"
        case .busy: " (another process has the database locked)"
        case .inaccessible: " (check owner, mode and mount of the state directory)"
        default: ""
        }
    }
}
