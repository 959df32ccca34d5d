/// The token bucket of design 2: a token comes back 61 s after its request ended, so that in no 60 s window the server
/// sees more than the limit, however long a request took to arrive.
///
/// A plain bucket of 4 sends 7 in the worst 60 s, a fixed window 8. Times are seconds since boot.
package struct MinuteLog: Sendable, Equatable {
    package struct Request: Sendable, Equatable {
        package var id: Int64
        /// nil while it is on its way.
        package var ended: Double?

        package init(id: Int64, ended: Double?) {
            self.id = id
            self.ended = ended
        }
    }

    /// How long after its end a request keeps its token.
    package static let hold = 61.0

    package var requests: [Request]
    /// No token before this: after a reboot nobody knows what was sent just before, so the bucket starts empty.
    package var emptyUntil: Double

    package init(requests: [Request] = [], emptyUntil: Double = 0) {
        self.requests = requests
        self.emptyUntil = emptyUntil
    }

    /// The requests that hold a token at `now`.
    package func used(at now: Double) -> Int {
        requests.count { $0.ended.map { now - $0 < Self.hold } ?? true }
    }

    /// When a token is there: now or earlier where one is free, later where one comes back, nil where all of them are with
    /// requests on their way (or the limit is 0).
    package func nextToken(limit: Int, now: Double) -> Double? {
        guard limit > 0 else { return nil }
        let held = requests.filter { $0.ended.map { now - $0 < Self.hold } ?? true }
        if held.count < limit { return max(now, emptyUntil) }
        let returning = held.compactMap { $0.ended.map { $0 + Self.hold } }.sorted()
        let needed = held.count - limit
        guard needed < returning.count else { return nil }
        return max(returning[needed], emptyUntil)
    }

    /// Without what no longer holds a token.
    package mutating func prune(at now: Double) {
        requests.removeAll { $0.ended.map { now - $0 >= Self.hold } ?? false }
    }
}
