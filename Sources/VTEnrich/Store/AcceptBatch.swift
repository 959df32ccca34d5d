package import VTEnrichCore

/// What the follower hands over in one transaction: the alerts taken, and how far the file is consumed by that.
package struct AcceptBatch: Sendable {
    /// Alerts with a public address, in file order.
    package var sources: [EventSource] = []
    /// Ids of our own events that came back as alerts.
    package var confirmed: [String] = []
    /// nil leaves the checkpoint as it is.
    package var checkpoint: Checkpoint?
    /// Added to the counters of `status`.
    package var counts: [Counter: Int] = [:]

    package init() {}

    package var isEmpty: Bool {
        sources.isEmpty && confirmed.isEmpty && checkpoint == nil && counts.isEmpty
    }
}

/// Counters since the state was created, as `status` shows them; the raw value is the row's name in `state.db`.
package enum Counter: String, Sendable, CaseIterable {
    case linesRead = "lines_read"
    case matched
    case withoutAddress = "without_address"
    case malformed
    case oversize
    case ownEvents = "own_events"
    case rotations
    case truncations
    case bytesLost = "bytes_lost"
    case cacheHits = "cache_hits"
    case cacheMisses = "cache_misses"
    case staleServed = "stale_served"
    case lookups
    case sent
    case confirmed
    case unconfirmed
    case repeated
    case retries
    case dropped
    case repeatedLines = "repeated_lines"
}
