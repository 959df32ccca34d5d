package import VTEnrichCore

/// What `lookup` gets.
package enum ManualAnswer: Sendable, Equatable {
    case entry(CachedVerdict)
    /// No answer, and why.
    case refused(String)
}

/// Lookups that a person asks for, through the same cache and quota: ahead of the queue, and out of the reserve.
extension Scheduler {
    /// Returns when there is an answer, or at once with the reason why there will be none soon. Waits at most about a minute
    /// for a token.
    package func lookUp(_ address: IPAddress, refresh: Bool) async -> ManualAnswer {
        guard address.isPublic else { return .refused("\(address) is private or special and never looked up") }
        if configuration.selection.allowlist.contains(where: { $0.contains(address) }) {
            return .refused("\(address) is on the allowlist and never looked up")
        }
        do {
            if !refresh, let entry = try parts.store.cachedVerdict(for: address), entry.isFresh(at: parts.clock.wall())
            {
                return .entry(entry)
            }
            if let reason = try await whyNoLookup() { return .refused(reason) }
        } catch {
            return .refused("\(error)")
        }
        return await withCheckedContinuation { continuation in
            asking[address, default: []].append(continuation)
            doorbell.ring()
        }
    }

    func tell(_ address: IPAddress, _ answer: ManualAnswer) {
        for waiter in asking.removeValue(forKey: address) ?? [] { waiter.resume(returning: answer) }
    }

    private func whyNoLookup() async throws -> String? {
        guard client != nil else { return "no API key is set (virustotal.api_key_file)" }
        if case .stopped = circuit.state { return status.lastError ?? "VirusTotal rejects the API key" }
        guard circuit.allows(at: parts.clock.boot()) else { return status.lastError ?? "VirusTotal does not answer" }
        let usage = try await parts.ledger.usage()
        if usage.isClosed { return status.lastError ?? "VirusTotal says that the quota is spent" }
        let wall = parts.clock.wall()
        switch usage.budget.decide(level: 16, wall: wall) {
        case .daySpent: return "the daily quota is spent; it resets at \(Timestamp.text(usage.dayResetsAt))"
        case .monthSpent: return "the monthly quota is spent; it resets at \(Timestamp.text(usage.monthResetsAt))"
        case .allowed, .held: return nil
        }
    }
}
