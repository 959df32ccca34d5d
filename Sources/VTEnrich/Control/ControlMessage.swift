import Foundation

/// What a command asks the running daemon: one line of JSON in, one JSON document out, then the connection ends.
package enum ControlRequest: Codable, Sendable, Equatable {
    case status
    case reload
    /// Deletes cached verdicts: one address, `expired` or `all`.
    case purge(String)
    case lookUp(address: String, refresh: Bool)

    /// Only root and the daemon's own user may change something (contract §2).
    package var changesSomething: Bool {
        switch self {
        case .status: false
        case .reload, .purge, .lookUp: true
        }
    }
}

package enum ControlResponse: Codable, Sendable, Equatable {
    case status(StatusReport)
    /// The answer to a lookup.
    case entry(CachedVerdict)
    /// Applied, with what is worth knowing.
    case done(String)
    /// Not done, and why.
    case refused(String)
}

/// Who is at the other end of the control socket (`SO_PEERCRED`).
package struct ControlPeer: Sendable, Equatable {
    package var uid: UInt32
    package var pid: Int32
}
