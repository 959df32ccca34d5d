/// Why the service cannot start, and with which exit code (contract §1): systemd retries 1, not 78.
package struct StartError: Error, CustomStringConvertible, Sendable {
    package enum Kind: Int32, Sendable {
        /// The configuration or the key file must be mended first.
        case configuration = 78
        /// May be better next time: no state directory, a second instance.
        case fatal = 1
    }

    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Runs a step of the start; what it throws is fatal.
    static func wrap<T>(_ step: () throws -> T) throws(StartError) -> T {
        do {
            return try step()
        } catch {
            throw StartError(.fatal, "\(error)")
        }
    }
}
