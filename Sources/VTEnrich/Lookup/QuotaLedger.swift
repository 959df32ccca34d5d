package import VTEnrichCore

/// Who may send the next request. One implementation keeps the count in `state.db`; a cluster's will share it (design 9).
///
/// Runs on the caller's actor. Every request to VirusTotal passes here first, retries and pivots included.
package protocol QuotaLedger: Sendable {
    /// Takes a token and counts the request before it is sent.
    nonisolated(nonsending) func reserve(level: Int) async throws -> QuotaGrant
    /// The request ended, by an answer or a failure. `wasSent` false gives back what was counted: nothing left the machine.
    nonisolated(nonsending) func finish(_ ticket: QuotaTicket, wasSent: Bool) async throws
    /// 429: nothing more before this wall clock time, over restarts too.
    nonisolated(nonsending) func close(until wall: Double) async throws
    /// An answer came, or a new key: what `close` said is over.
    nonisolated(nonsending) func open() async throws
    /// The server's own counters: what others spend with the key counts from now on.
    nonisolated(nonsending) func learn(_ server: ServerQuota) async throws
    nonisolated(nonsending) func usage() async throws -> QuotaUsage
    /// New limits after a reload; what was spent stays spent.
    nonisolated(nonsending) func setLimits(_ limits: QuotaLimits) async
    /// VirusTotal rejects the key: nobody who has it may ask any more.
    nonisolated(nonsending) func rejectKey() async
    /// Whether it is for us to tell that this date's quota is spent.
    nonisolated(nonsending) func mayTell(_ date: String) async -> Bool
}

extension QuotaLedger {
    package nonisolated(nonsending) func rejectKey() async {}
    package nonisolated(nonsending) func mayTell(_ date: String) async -> Bool { true }
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
    /// The server said so (429).
    case closed(until: Double)
    /// Another node was told that the key is rejected.
    case keyRejected
}

/// What is spent and when it comes back (wall clock).
package struct QuotaUsage: Sendable, Equatable {
    package var minuteUsed: Int
    /// Of the day and month: the most of what we counted and what the server says.
    package var dayUsed: Int
    package var monthUsed: Int
    /// The part of `dayUsed` that others spent with the same key, as far as the server told (T38).
    package var dayByOthers: Int
    package var limits: QuotaLimits
    /// The server's 429 still holds.
    package var isClosed: Bool
    package var dayResetsAt: Double
    package var monthResetsAt: Double

    package var budget: DayBudget { DayBudget(limits: limits, dayUsed: dayUsed, monthUsed: monthUsed) }
}
