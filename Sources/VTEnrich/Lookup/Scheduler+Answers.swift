import VTEnrichCore

/// What needs no request: the cache, giving up, keeping answers.
extension Scheduler {
    /// Answers who has not asked the cache yet. An expired entry is asked about anew where a lookup can go out at once, and else
    /// served as stale, up to `cache.max_stale` past its time, with a refresh to follow (T37).
    func answerFromCache() async throws {
        // Whether lookups can go out is found out only when an expired entry asks.
        var room: Int?
        while true {
            let answers = try answerFromCache(&room)
            if answers.alerts > 0 { parts.onEvents() }
            if answers.undecided > 0 {
                room = try await freshLookupsPossible()
            } else if !answers.more {
                return
            }
        }
    }

    private func answerFromCache(_ room: inout Int?) throws -> CacheAnswers {
        let (now, maxStale) = (parts.clock.wall(), configuration.cache.maxStale)
        let composer = parts.composer(configuration)
        var staleAlerts = 0
        let answers = try parts.store.answerFromCache(
            limit: Self.batch, now: now,
            judge: { address, entry in
                guard let entry, entry.isServable(at: now, maxStale: maxStale) else { return lookUp(address) }
                if entry.isFresh(at: now) {
                    if entry.isAging(at: now) { spare.addRefresh(address) }
                    return .answer
                }
                guard let free = room else { return .later }
                guard free > 0 else {
                    spare.addRefresh(address)
                    return .answer
                }
                room = free - 1
                return lookUp(address)
            },
            make: { source, entry in
                if !entry.isFresh(at: now) { staleAlerts += 1 }
                return composer.event(source, entry, isHit: true, now: now)
            })
        if staleAlerts > 0 { try parts.store.count([.staleServed: staleAlerts]) }
        return answers
    }

    private func lookUp(_ address: IPAddress) -> CacheUse {
        if parts.shared != nil { elsewhere.unasked.insert(address) }
        return .lookUp
    }

    /// Alerts that have waited `max_wait` go out as they are.
    func expire() throws {
        guard parts.store.pending > 0 else { return }
        let composer = parts.composer(configuration)
        let refusal = whyUnanswered()
        let now = parts.clock.wall()
        let cutoff = now - configuration.queue.maxWait
        while try parts.store.expire(
            before: cutoff, limit: Self.batch, now: now, make: { composer.unenriched($0, refusal, now: now) }) > 0
        {
            parts.onEvents()
        }
    }

    func secondsToExpiry() throws -> Double {
        guard let oldest = try parts.store.oldestPending() else { return 3_600 }
        return max(0.05, oldest + configuration.queue.maxWait - parts.clock.wall() + 0.01)
    }

    /// Stores the answers that came, and their alerts go to the outbox.
    func saveAnswers() throws {
        let composer = parts.composer(configuration)
        while let (address, entry) = unsaved.first {
            let now = parts.clock.wall()
            try parts.store.answer(address, with: entry, limit: Self.batch, now: now) {
                composer.event($0, entry, isHit: false, now: now)
            }
            unsaved.removeFirst()
            parts.onEvents()
        }
    }

    /// The row of the cache for an answer: how long it holds depends on the verdict of now.
    func entry(for address: IPAddress, _ reputation: Reputation, pivot: PivotFacts?) -> CachedVerdict {
        let now = parts.clock.wall()
        var verdict = Verdict.unknown
        let seconds: Double
        switch reputation {
        case .notFound: seconds = configuration.cache.notFound
        case .invalid: seconds = configuration.cache.invalid
        case .found(let facts):
            verdict = VerdictFlow.judge(facts, pivot: pivot, now: now, settings: configuration.verdict).verdict
            seconds = configuration.cache.seconds(for: verdict)
        }
        return CachedVerdict(
            reputation: reputation, pivot: pivot, verdict: verdict, fetchedAt: now,
            expiresAt: now + seconds * Self.spread(address))
    }

    /// 0.9...1, by the address: entries made in one burst do not expire in one, and the same input gives the same times.
    private static func spread(_ address: IPAddress) -> Double {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in address.description.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return 0.9 + 0.1 * Double(hash >> 11) / Double(1 << 53)
    }

    private func whyUnanswered() -> Refusal {
        guard client != nil else { return Refusal(.keyRejected, "no VirusTotal API key is set") }
        let status = lastFailure?.status ?? 0
        switch circuit.state {
        case .stopped: return Refusal(.keyRejected, status: status, "VirusTotal rejects the API key")
        case .open, .probing:
            return Refusal(.providerUnavailable, status: status, "VirusTotal did not answer in time")
        case .closed where refusals > 0:
            return Refusal(.quota, status: status, "VirusTotal says that the quota of the key is spent")
        case .closed: return Refusal(.quota, "the quota did not suffice to ask about this address in time")
        }
    }
}

/// For alerts whose address has a fresh verdict; made anew with each configuration. A class, since a configuration is much to
/// copy for each alert.
final class ShortWay: Sendable {
    private let clock: Clock
    private let composer: EventComposer

    init(clock: Clock, composer: EventComposer) {
        self.clock = clock
        self.composer = composer
    }

    func events(_ source: EventSource, _ entry: CachedVerdict) -> [OutboxItem]? {
        let now = clock.wall()
        guard entry.isFresh(at: now), !entry.isAging(at: now) else { return nil }
        return composer.event(source, entry, isHit: true, now: now)
    }
}

extension Configuration.Cache {
    func seconds(for verdict: Verdict) -> Double {
        switch verdict {
        case .malicious: malicious
        case .suspicious: suspicious
        case .unknown: unknown
        }
    }
}
