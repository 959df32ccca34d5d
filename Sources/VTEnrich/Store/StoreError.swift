import GRDB

/// What went wrong with the state: the operation, the path, the cause and what the operator can do.
package struct StoreError: Error, CustomStringConvertible, Sendable {
    package enum Kind: Sendable, Equatable {
        /// Another instance holds the state directory.
        case locked(pid: Int32?)
        /// Written by a newer version: untouched.
        case newerSchema
        /// The file is no database, or a damaged one.
        case corrupt
        /// No space, or a quota of the file system.
        case full
        /// Permissions, a missing directory, a read-only file system.
        case inaccessible
        /// Another process holds the database's write lock.
        case busy
        case other
    }

    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// A failed database operation, in the operator's words.
    init(_ operation: String, path: String, cause: any Error) {
        guard let error = cause as? DatabaseError else {
            self.init(.other, "\(operation) in \(path): \(cause)")
            return
        }
        let kind = Self.kind(of: error)
        self.init(kind, "\(operation) in \(path): \(error.message ?? error.resultCode.description)\(Self.advice(kind))")
    }

    private static func kind(of error: DatabaseError) -> Kind {
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
        case .SQLITE_FULL: .full
        case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .inaccessible
        default: .other
        }
    }

    private static func advice(_ kind: Kind) -> String {
        switch kind {
        case .full: " (the disk is full: free some space; nothing is lost meanwhile)"
        case .busy: " (another process has the database locked)"
        case .inaccessible: " (check owner, mode and mount of the state directory)"
        default: ""
        }
    }
}
