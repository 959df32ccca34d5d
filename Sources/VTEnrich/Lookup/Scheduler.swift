package import Logging
import Synchronization
package import VTEnrichCore

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
    package nonisolated let doorbell: Doorbell
    private nonisolated let snapshot = Mutex(ProviderStatus())
    private nonisolated let shortWay: Mutex<ShortWay>

    /// What it works with; the same for its whole life.
    package struct Parts: Sendable {
        package var store: Store
        package var ledger: any QuotaLedger
        /// nil without a cluster.
        package var shared: (any SharedVerdicts)?
        package var clock: Clock
        package var log: Logger
        /// Called when the outbox has something new.
        package var onEvents: @Sendable () -> Void
        /// Makes the events; `simulate` looks on here.
        package var composer: @Sendable (Configuration) -> EventComposer

        package init(
            store: Store, ledger: any QuotaLedger, shared: (any SharedVerdicts)? = nil, clock: Clock, log: Logger,
            onEvents: @escaping @Sendable () -> Void = {},
            composer: @escaping @Sendable (Configuration) -> EventComposer = { EventComposer($0) }
        ) {
            self.store = store
            self.ledger = ledger
            self.shared = shared
            self.clock = clock
            self.log = log
            self.onEvents = onEvents
            self.composer = composer
        }
    }

    let parts: Parts
    /// False: only for people who ask, the queue waits for the daemon.
    let servesQueue: Bool
    var configuration: Configuration
    /// nil without a key: alerts are queued and wait.
    var client: (any ReputationClient)?
    var circuit = Circuit()
    var status = ProviderStatus() { didSet { snapshot.withLock { $0 = status } } }
    var lastFailure: ProviderFailure?
    /// 429s since the last answer: the first is taken for the minute's, the next for the day's (`virustotal.md` §2.1).
    var refusals = 0
    /// Wall clock.
    var refusedUntil = 0.0
    /// Requests on their way; never two for one address.
    var inFlight: [IPAddress: Task<Void, Never>] = [:]
    /// Addresses whose last lookup failed: not again before this (seconds since boot), so that one bad answer holds up nobody.
    var retries = Retries()
    /// Answers that the store did not take yet; no lookup goes out before they are kept.
    var unsaved: [(address: IPAddress, entry: CachedVerdict)] = []
    /// People who wait for `lookup`.
    var asking: [IPAddress: [CheckedContinuation<ManualAnswer, Never>]] = [:]
    /// Requests for files that failed one after the other.
    var pivotFailures = 0
    /// What a cluster makes of the waiting addresses.
    var elsewhere = Elsewhere()
    /// What spare requests are for.
    var spare = SpareWork()
    /// When the server's counters are asked for next (seconds since boot).
    var countersDue = 0.0
    var counters: Task<Void, Never>?
    var stopping = false

    /// Alerts moved in one transaction: short enough for the follower to get its turn.
    static let batch = 500
    /// Lookups on their way at once; the token bucket is what limits a free key.
    static let lanes = 4

    package init(
        _ parts: Parts, client: (any ReputationClient)?, configuration: Configuration, servesQueue: Bool = true,
        doorbell: Doorbell = Doorbell()
    ) {
        self.doorbell = doorbell
        self.parts = parts
        self.servesQueue = servesQueue
        self.client = client
        self.configuration = configuration
        shortWay = Mutex(ShortWay(clock: parts.clock, composer: parts.composer(configuration)))
        status.state = client == nil ? .noKey : .ok
        let initial = status
        snapshot.withLock { $0 = initial }
    }

    package nonisolated var providerStatus: ProviderStatus { snapshot.withLock { $0 } }

    /// The events of an alert whose address has a fresh verdict that needs no refresh; nil for all others. From anywhere.
    package nonisolated func answerAtOnce(_ source: EventSource, _ entry: CachedVerdict) -> [OutboxItem]? {
        shortWay.withLock { $0 }.events(source, entry)
    }

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
        counters?.cancel()
        for task in inFlight.values { task.cancel() }
        for task in inFlight.values { await task.value }
        for waiters in asking.values {
            for waiter in waiters { waiter.resume(returning: .refused("the daemon stops")) }
        }
        asking = [:]
        doorbell.ring()
    }

    /// New settings, and a new client with the key of now (nil: no key). Cache, quota and queue stay.
    package func reconfigure(_ configuration: Configuration, client: (any ReputationClient)?) async {
        self.configuration = configuration
        let shortWay = ShortWay(clock: parts.clock, composer: parts.composer(configuration))
        self.shortWay.withLock { $0 = shortWay }
        self.client = client
        (circuit, lastFailure, refusals, refusedUntil, countersDue) = (Circuit(), nil, 0, 0, 0)
        retries = Retries()
        status.state = client == nil ? .noKey : .ok
        (status.pivotRefused, pivotFailures) = (false, 0)
        await parts.ledger.setLimits(configuration.virusTotal.quota)
        doorbell.ring()
    }

    /// Does everything that can be done now; returns after how many seconds there may be more to do without a ring.
    package func step() async -> Double {
        do {
            try saveAnswers()
            if let shared = parts.shared { try await takeNews(shared) }
            if servesQueue {
                try await answerFromCache()
                if let shared = parts.shared, try await askOthers(shared) { try await answerFromCache() }
                try expire()
            }
            let pause = try await startLookups()
            if status.problem != nil { status.problem = nil }
            return servesQueue ? min(pause, try secondsToExpiry()) : pause
        } catch {
            failed(to: error)
            return 1
        }
    }

    /// What the state or the ledger refused: tried again at the next step. The store logs its own faults.
    func failed(to error: any Error) {
        if !(error is StoreError), status.problem != "\(error)" { parts.log.error("\(error)") }
        status.problem = "\(error)"
    }

    /// Waits for the requests on their way, and says whether there were any; for `simulate` and tests.
    @discardableResult
    package func settle() async -> Bool {
        await counters?.value
        let tasks = Array(inFlight.values)
        for task in tasks { await task.value }
        return !tasks.isEmpty
    }
}

/// Addresses whose lookup failed, with the time of the next try; a failure of one costs the others nothing.
struct Retries {
    private var after: [IPAddress: (boot: Double, failures: Int)] = [:]

    var count: Int { after.count }

    func allows(_ address: IPAddress, at boot: Double) -> Bool {
        after[address].map { $0.boot <= boot } ?? true
    }

    mutating func failed(_ address: IPAddress, at boot: Double) {
        let failures = (after[address]?.failures ?? 0) + 1
        after[address] = (boot + min(300, 5 * Double(1 << min(failures, 6))), failures)
    }

    mutating func succeeded(_ address: IPAddress) { after[address] = nil }

    /// Forgets those that were due long ago: they are no longer waited for.
    mutating func prune(at boot: Double) { after = after.filter { $0.value.boot > boot - 600 } }

    /// Seconds until the next one may be tried; nil when none waits.
    func pause(at boot: Double) -> Double? { after.values.map { $0.boot - boot }.filter { $0 > 0 }.min() }
}
