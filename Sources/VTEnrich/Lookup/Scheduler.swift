import Dispatch
package import Logging
import Synchronization
import VTEnrichCore

/// Answers waiting alerts: from the cache at once, else by a lookup when the quota allows, else as `unenriched` when they have
/// waited `max_wait`.
///
/// It decides who is next and what a failure means; requests are the client's, counting is the ledger's, sending the
/// deliverer's. Runs on its own queue, since the store blocks. `step` does all that can be done now, so that `simulate` and
/// tests drive it with a clock of their own; `run` repeats it at each ring.
package actor Scheduler {
    nonisolated let executor = QueueExecutor("scheduler")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Ring when alerts were accepted or settings changed.
    package nonisolated let doorbell = Doorbell()
    private nonisolated let snapshot = Mutex(ProviderStatus())

    let store: Store
    let ledger: any QuotaLedger
    let clock: Clock
    private let log: Logger
    private let onEvents: @Sendable () -> Void

    var configuration: Configuration
    /// nil without a key: alerts are queued and wait.
    private var client: (any ReputationClient)?
    private var circuit = Circuit()
    private var status = ProviderStatus() { didSet { snapshot.withLock { $0 = status } } }
    private var inFlight: [IPAddress: Task<Void, Never>] = [:]
    /// Addresses whose last lookup failed: not again before this (seconds since boot), so that one bad answer holds up nobody.
    private var retryAt: [IPAddress: (at: Double, failures: Int)] = [:]
    /// Answers that the store did not take yet; no lookup goes out before they are kept.
    private var unsaved: [(address: IPAddress, entry: CachedVerdict)] = []
    private var lastFailure: ProviderFailure?
    private var stopping = false

    /// Alerts moved in one transaction: short enough for the follower to get its turn.
    static let batch = 500
    /// Lookups on their way at once; the token bucket is what limits a free key.
    static let lanes = 4

    /// `onEvents` is called when the outbox has something new.
    package init(
        store: Store, ledger: any QuotaLedger, client: (any ReputationClient)?, configuration: Configuration,
        clock: Clock, log: Logger, onEvents: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.ledger = ledger
        self.client = client
        self.configuration = configuration
        self.clock = clock
        self.log = log
        self.onEvents = onEvents
        status.state = client == nil ? .noKey : .ok
        let initial = status
        snapshot.withLock { $0 = initial }
    }

    package nonisolated var providerStatus: ProviderStatus { snapshot.withLock { $0 } }

    /// Works until `stop()`.
    package func run() async {
        while !stopping {
            let pause = await step()
            await doorbell.wait(atMost: pause)
        }
    }

    /// Returns when the stage has a moment: for the watchdog.
    package func beat() {}

    /// Ends `run` and gives up the requests on their way; their tokens stay counted.
    package func stop() async {
        stopping = true
        for task in inFlight.values { task.cancel() }
        for task in inFlight.values { await task.value }
        doorbell.ring()
    }

    /// New settings; a new client when the key or its address changed (nil: no key). Cache, quota and queue stay.
    package func reconfigure(_ configuration: Configuration, client: (any ReputationClient)?) async {
        self.configuration = configuration
        self.client = client
        circuit = Circuit()
        lastFailure = nil
        status.state = client == nil ? .noKey : .ok
        await ledger.setLimits(configuration.virusTotal.quota)
        doorbell.ring()
    }

    /// Does everything that can be done now; returns after how many seconds there may be more to do without a ring.
    package func step() async -> Double {
        do {
            try saveAnswers()
            try answerFromCache()
            try expire()
            let pause = try await startLookups()
            if status.problem != nil { status.problem = nil }
            return min(pause, try secondsToExpiry())
        } catch {
            if status.problem != "\(error)" { log.error("\(error)") }
            status.problem = "\(error)"
            return 1
        }
    }

    /// Waits for the lookups on their way; for `simulate` and tests.
    package func settle() async {
        for task in inFlight.values { await task.value }
    }

    // MARK: Answers that need no lookup

    private func answerFromCache() throws {
        let composer = EventComposer(configuration)
        let now = clock.wall()
        var more = true
        while more {
            let answered: Int
            (answered, more) = try store.answerFromCache(
                limit: Self.batch, usable: { $0.isFresh(at: now) },
                make: { composer.event($0, $1, isHit: true, now: now) })
            if answered > 0 { onEvents() }
        }
    }

    private func expire() throws {
        let composer = EventComposer(configuration)
        let refusal = whyUnanswered()
        let cutoff = clock.wall() - configuration.queue.maxWait
        while try store.expire(
            before: cutoff, limit: Self.batch,
            make: { composer.unenriched($0, refusal) }) > 0
        {
            onEvents()
        }
    }

    private func whyUnanswered() -> Refusal {
        guard client != nil else { return Refusal(.keyRejected, "no VirusTotal API key is set") }
        let status = lastFailure?.status ?? 0
        switch circuit.state {
        case .stopped: return Refusal(.keyRejected, status: status, "VirusTotal rejects the API key")
        case .open, .probing:
            if case .wait = lastFailure?.action {
                return Refusal(.quota, status: status, "VirusTotal says that the quota of the key is spent")
            }
            return Refusal(.providerUnavailable, status: status, "VirusTotal did not answer in time")
        case .closed: return Refusal(.quota, "the quota did not suffice to ask about this address in time")
        }
    }

    private func secondsToExpiry() throws -> Double {
        guard let oldest = try store.oldestPending() else { return 3_600 }
        return max(0.05, oldest + configuration.queue.maxWait - clock.wall() + 0.01)
    }

    // MARK: Lookups

    /// Starts the lookups that may go now; returns the seconds until the next may.
    private func startLookups() async throws -> Double {
        guard let client, !stopping else { return 3_600 }
        let boot = clock.boot()
        retryAt = retryAt.filter { $0.value.at > boot - 600 }
        while inFlight.count < Self.lanes {
            guard circuit.allows(at: boot) else {
                if case .open(let until) = circuit.state { return until - boot }
                return 3_600
            }
            guard let next = try nextAddress(at: boot) else { return retryPause(at: boot) }
            switch try await ledger.reserve(level: next.level) {
            case .granted(let ticket):
                circuit.sent()
                inFlight[next.address] = Task {
                    await self.lookUp(next.address, ticket: ticket, client: client)
                }
                status.inFlight = inFlight.count
            case .minute(let token): return token.map { max(0.01, $0 - boot) } ?? 3_600
            case .held: return 60
            case .daySpent(let until), .monthSpent(let until): return max(1, min(3_600, until - clock.wall() + 1))
            }
        }
        return 3_600
    }

    private func nextAddress(at boot: Double) throws -> WaitingAddress? {
        let busy = inFlight.count + retryAt.count
        return try store.candidates(limit: busy + 1).first {
            inFlight[$0.address] == nil && (retryAt[$0.address]?.at ?? 0) <= boot
        }
    }

    private func retryPause(at boot: Double) -> Double {
        retryAt.values.map { $0.at - boot }.filter { $0 > 0 }.min() ?? 3_600
    }

    private func lookUp(_ address: IPAddress, ticket: QuotaTicket, client: any ReputationClient) async {
        let started = clock.boot()
        let answer = await client.lookUp(address)
        var wasSent = true
        switch answer {
        case .value(let reputation):
            status.record(latency: (clock.boot() - started) * 1_000)
            await succeeded(address, reputation, client: client)
        case .failure(let failure):
            wasSent = failure.wasSent
            failed(address, failure)
        }
        await finish(ticket, wasSent: wasSent)
        inFlight[address] = nil
        status.inFlight = inFlight.count
        doorbell.ring()
    }

    /// A ledger that cannot be written keeps the token: the safe side.
    private func finish(_ ticket: QuotaTicket, wasSent: Bool) async {
        do {
            try await ledger.finish(ticket, wasSent: wasSent)
        } catch {
            log.error("the end of a request was not noted, its token comes back after a restart: \(error)")
        }
    }

    private func succeeded(_ address: IPAddress, _ reputation: Reputation, client: any ReputationClient) async {
        circuit.succeeded()
        retryAt[address] = nil
        status.state = .ok
        status.lastOK = clock.wall()
        var entry = entry(for: reputation, pivot: nil)
        if configuration.virusTotal.pivot == .always, isBorderline(reputation), let facts = await pivot(address, client)
        {
            entry = self.entry(for: reputation, pivot: facts)
        }
        unsaved.append((address, entry))
        do {
            try saveAnswers()
        } catch {
            status.problem = "\(error)"
            log.error("\(error)")
        }
    }

    private func failed(_ address: IPAddress, _ failure: ProviderFailure) {
        let boot = clock.boot()
        let failures = (retryAt[address]?.failures ?? 0) + 1
        retryAt[address] = (boot + min(300, 5 * Double(1 << min(failures, 6))), failures)
        lastFailure = failure
        status.lastError = failure.message
        status.lastErrorAt = clock.wall()
        switch failure.action {
        case .stop:
            if circuit.state != .stopped { log.error("\(failure.message)") }
            circuit.stop()
            status.state = .keyRejected
        case .wait(let retryAfter):
            log.warning("\(failure.message)")
            circuit.wait(until: boot + max(60, retryAfter ?? 0))
            status.state = .rateLimited
        case .backOff, .notPermitted:
            log.warning("\(failure.message)")
            circuit.failed(at: boot, jitter: Double.random(in: 0...1))
            status.state = .unavailable
        }
    }

    // MARK: Keeping answers

    private func saveAnswers() throws {
        let composer = EventComposer(configuration)
        while let (address, entry) = unsaved.first {
            let now = clock.wall()
            try store.answer(address, with: entry, limit: Self.batch) {
                composer.event($0, entry, isHit: false, now: now)
            }
            unsaved.removeFirst()
            onEvents()
        }
    }

    private func entry(for reputation: Reputation, pivot: PivotFacts?) -> CachedVerdict {
        let now = clock.wall()
        var verdict = Verdict.unknown
        let seconds: Double
        switch reputation {
        case .notFound: seconds = configuration.cache.notFound
        case .invalid: seconds = configuration.cache.invalid
        case .found(let facts):
            verdict = VerdictFlow.judge(facts, pivot: pivot, now: now, settings: configuration.verdict).verdict
            seconds =
                switch verdict {
                case .malicious: configuration.cache.malicious
                case .suspicious: configuration.cache.suspicious
                case .unknown: configuration.cache.unknown
                }
        }
        return CachedVerdict(
            reputation: reputation, pivot: pivot, verdict: verdict, fetchedAt: now, expiresAt: now + seconds)
    }

    private func isBorderline(_ reputation: Reputation) -> Bool {
        guard case .found(let facts) = reputation else { return false }
        return VerdictFlow.judge(facts, now: clock.wall(), settings: configuration.verdict).isBorderline
    }

    /// The communicating files, on a token of their own; nil when there is none or the request fails: a pivot never changes
    /// a verdict by failing.
    private func pivot(_ address: IPAddress, _ client: any ReputationClient) async -> PivotFacts? {
        guard case .granted(let ticket) = try? await ledger.reserve(level: 0) else { return nil }
        let answer = await client.communicatingFiles(address)
        switch answer {
        case .value(let facts):
            await finish(ticket, wasSent: true)
            return facts
        case .failure(let failure):
            await finish(ticket, wasSent: failure.wasSent)
            log.info("\(failure.message)")
            return nil
        }
    }
}
