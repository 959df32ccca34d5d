import Glibc

/// A file that could not be used: operation, path, cause, and what the operator can do about it.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Cause: Sendable, Equatable {
        /// errno of the system call.
        case system(Int32)
        /// What it is instead of a regular file: "a directory".
        case kind(String)
    }

    /// "open", "read": completes "cannot … PATH".
    package var operation: String
    package var path: String
    package var cause: Cause
    package var hint: String?

    init(_ operation: String, _ path: String, _ code: Int32, hint: String? = nil) {
        self.init(operation, path, .system(code), hint: hint)
    }

    init(_ operation: String, _ path: String, _ cause: Cause, hint: String? = nil) {
        self.operation = operation
        self.path = path
        self.cause = cause
        self.hint = hint
    }

    package var description: String {
        let reason =
            switch cause {
            case .system(let code): Self.text(of: code)
            case .kind(let kind): "it is \(kind), not a regular file"
            }
        return "cannot \(operation) \(path): \(reason)" + (hint.map { "; \($0)" } ?? "")
    }

    /// Nothing has the name; everything else is a fault.
    var isMissing: Bool { cause == .system(ENOENT) || cause == .system(ENOTDIR) }

    private static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        strerror_r(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
