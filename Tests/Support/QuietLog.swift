package import Logging

extension Logger {
    /// For tests that assert what happens, not what is said.
    package static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
