/// How VirusTotal is, for `status`.
package struct ProviderStatus: Sendable, Equatable {
    package enum State: String, Sendable {
        case ok
        case noKey = "no_key"
        case keyRejected = "key_rejected"
        case rateLimited = "rate_limited"
        case unavailable
    }

    package var state = State.ok
    /// Wall clock of the last answer.
    package var lastOK: Double?
    package var lastError: String?
    package var lastErrorAt: Double?
    /// Milliseconds of the last answers, newest last.
    package var latencies: [Double] = []
    /// Addresses being asked about now.
    package var inFlight = 0
    /// This key may not ask for communicating files.
    package var pivotRefused = false
    /// What the server counts for today, all users of the key together; nil when it was not asked.
    package var serverDayUsed: Int?
    /// What keeps the scheduler from working: the state database's trouble.
    package var problem: String?

    package mutating func record(latency milliseconds: Double) {
        latencies.append(milliseconds)
        if latencies.count > 100 { latencies.removeFirst() }
    }

    /// A percentile of the recent latencies, `share` in 0...1; nil before the first answer.
    package func latency(_ share: Double) -> Double? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
