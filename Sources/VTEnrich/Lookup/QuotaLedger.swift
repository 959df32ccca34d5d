package import VTEnrichCore

/// Who may send the next request. One implementation keeps the count in `state.db`; a cluster's will share it (design 9).
///
/// Runs on the caller's actor. Every request to VirusTotal passes here first, retries and pivots included.
package protocol QuotaLedger: Sendable {
    /// Takes a token and counts the request before it is sent.
    nonisolated(nonsending) func reserve(level: Int) async throws -> QuotaGrant
    /// The request ended, by an answer or a failure. `wasSent` false gives back what was counted: nothing left the machine.
    nonisolated(nonsending) func finish(_ ticket: QuotaTicket, wasSent: Bool) async throws
    nonisolated(nonsending) func usage() async throws -> QuotaUsage
    /// New limits after a reload; what was spent stays spent.
    nonisolated(nonsending) func setLimits(_ limits: QuotaLimits) async
}

/// The right to send one request.
package struct QuotaTicket: Sendable, Equatable {
    package var id: Int64
    /// The UTC date it was counted on.
    package var date: String
}

package enum QuotaGrant: Sendable, Equatable {
    case granted(QuotaTicket)
    /// The minute is full; a token comes back at this time (seconds since boot), nil: when a request ends.
    case minute(nextToken: Double?)
    /// What is left of the day is held for higher levels.
    case held
    /// Nothing before this wall clock time.
    case daySpent(until: Double)
    case monthSpent(until: Double)
}

/// For `status`: what is spent and when it comes back (wall clock).
package struct QuotaUsage: Sendable, Equatable {
    package var minuteUsed: Int
    package var dayUsed: Int
    package var monthUsed: Int
    package var limits: QuotaLimits
    package var dayResetsAt: Double
    package var monthResetsAt: Double
}
