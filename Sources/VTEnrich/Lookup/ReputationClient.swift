package import VTEnrichCore

/// Who answers lookups: VirusTotal over the network, or `simulate` and tests without one. Never throws: whatever happens
/// is an answer. A cancelled task makes it return at once with a failure.
package protocol ReputationClient: Sendable {
    func lookUp(_ address: IPAddress) async -> LookupAnswer<Reputation>
    /// The first ten communicating files, for borderline verdicts (contract §3, Pivot).
    func communicatingFiles(_ address: IPAddress) async -> LookupAnswer<PivotFacts>
    /// The server's own counters of the account `virustotal.user`; free of charge (`virustotal.md` §3.2).
    func serverQuota() async -> LookupAnswer<ServerQuota>
}

package enum LookupAnswer<Value: Sendable>: Sendable {
    case value(Value)
    case failure(ProviderFailure)
}

/// `overall_quotas`: what the server says was spent, by everybody who uses the key.
package struct ServerQuota: Sendable, Equatable {
    package var dayUsed: Int
    package var dayAllowed: Int
    package var monthUsed: Int
    package var monthAllowed: Int

    package init(dayUsed: Int, dayAllowed: Int, monthUsed: Int, monthAllowed: Int) {
        self.dayUsed = dayUsed
        self.dayAllowed = dayAllowed
        self.monthUsed = monthUsed
        self.monthAllowed = monthAllowed
    }
}

/// A request that gave no answer about the address (`virustotal.md` §2).
package struct ProviderFailure: Error, Sendable, Equatable {
    /// What the scheduler does about it.
    package enum Action: Sendable, Equatable {
        /// 429: wait at least this many seconds where the server said so, else by our own windows.
        case wait(retryAfter: Double?)
        /// 401, and 403 for an address: spend nothing more until the key changes.
        case stop
        /// 403 for communicating files, 403 or 404 for the quota counters: this key or user may not have them. Do without
        /// them until the next reload; lookups go on.
        case notPermitted
        /// Anything that may pass: 5xx, network, TLS, an answer that is not VirusTotal's.
        case backOff
    }

    package var action: Action
    /// The HTTP status; 0 when there was none.
    package var status: Int
    /// For log and status: operation, cause, what the operator can do; never the key.
    package var message: String
    /// False only when the request surely never left (DNS, connect, TLS handshake): then it costs no quota.
    package var wasSent: Bool

    package init(action: Action, status: Int, message: String, wasSent: Bool) {
        self.action = action
        self.status = status
        self.message = message
        self.wasSent = wasSent
    }
}
