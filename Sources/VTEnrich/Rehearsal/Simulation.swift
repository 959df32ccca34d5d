import Logging
import Synchronization
import VTEnrichCore

/// A day in seconds: the daemon's own store, scheduler and ledger on a virtual clock, over alerts that came or might come. The
/// state starts empty, every answer is `unknown` and takes no time.
package struct Simulation: Sendable {
    /// What became of one alert.
    package struct Outcome: Sendable, Equatable {
        package var arrival: Arrival
        /// Seconds from arrival to its event; nil when it went out without a verdict.
        package var wait: Double?
        /// When it was given up, seconds from arrival.
        package var gaveUpAfter: Double?
    }

    package struct Result: Sendable {
        package var outcomes: [Outcome]
        /// When each lookup was sent, in order.
        package var lookups: [Double]
        /// When each request was sent, pivots included.
        package var requests: [Double]
    }

    private let configuration: Configuration

    package init(_ configuration: Configuration) {
        var configuration = configuration
        configuration.analysisd = nil
        (configuration.outputFile, configuration.outputs) = (nil, [])
        configuration.virusTotal.user = nil
        self.configuration = configuration
    }

    /// Runs until every alert is answered or given up. Blocks this task for the time that it computes.
    package func run(_ arrivals: [Arrival]) async throws -> Result {
        let arrivals = arrivals.sorted { $0.time < $1.time }
        guard let first = arrivals.first else { return Result(outcomes: [], lookups: [], requests: []) }
        let time = VirtualTime(first.time)
        let provider = InstantProvider(time)
        let journal = Journal(arrivals, time)
        let store = try Store.inMemory()
        let ledger = try LocalQuotaLedger(store: store, clock: time.clock, limits: configuration.virusTotal.quota)
        let scheduler = Scheduler(
            Scheduler.Parts(
                store: store, ledger: ledger, clock: time.clock,
                log: Logger(label: "simulate") { _ in SwiftLogNoOpLogHandler() },
                composer: { EventComposer($0, onAlert: { journal.note($0, isEnriched: $1) }) }),
            client: provider, configuration: configuration)

        var next = 0
        while next < arrivals.count || store.pending > 0 {
            var batch = AcceptBatch()
            while next < arrivals.count, arrivals[next].time <= time.now {
                batch.sources.append(Self.source(next, arrivals[next]))
                next += 1
            }
            if !batch.sources.isEmpty { try store.accept(batch, now: time.now) }
            var pause = 0.0
            repeat { pause = await scheduler.step() } while await scheduler.settle()
            if let problem = scheduler.providerStatus.problem { throw StoreError(.other, problem) }
            let wake = time.now + max(0.001, pause)
            time.advance(to: next < arrivals.count ? min(wake, arrivals[next].time) : wake)
        }
        return Result(outcomes: journal.outcomes, lookups: provider.lookups, requests: provider.requests)
    }

    private static func source(_ number: Int, _ arrival: Arrival) -> EventSource {
        EventSource(
            eventID: String(number), address: arrival.address, alertID: "", timestamp: "", ruleID: "",
            level: arrival.level)
    }
}

/// Wall and boot clock of a simulation: they only move when told.
private final class VirtualTime: Sendable {
    private let start: Double
    private let current: Mutex<Double>

    init(_ start: Double) {
        self.start = start
        current = Mutex(start)
    }

    var now: Double { current.withLock { $0 } }
    var clock: Clock {
        let start = start
        return Clock(wall: { self.now }, boot: { self.now - start + 1_000 }, bootID: "simulation")
    }

    func advance(to time: Double) { current.withLock { $0 = max($0, time) } }
}

/// VirusTotal with an answer at once: an address that nobody calls bad.
private final class InstantProvider: ReputationClient {
    private let time: VirtualTime
    private let sent = Mutex<(lookups: [Double], requests: [Double])>(([], []))

    init(_ time: VirtualTime) {
        self.time = time
    }

    var lookups: [Double] { sent.withLock { $0.lookups } }
    var requests: [Double] { sent.withLock { $0.requests } }

    func lookUp(_ address: IPAddress) async -> LookupAnswer<Reputation> {
        let now = time.now
        sent.withLock {
            $0.lookups.append(now)
            $0.requests.append(now)
        }
        return .value(.found(ReputationFacts(stats: .init(harmless: 60, undetected: 30, total: 90))))
    }

    func communicatingFiles(_ address: IPAddress) async -> LookupAnswer<PivotFacts> {
        let now = time.now
        sent.withLock { $0.requests.append(now) }
        return .value(PivotFacts(totalFiles: 0, strongFiles: 0))
    }

    func serverQuota() async -> LookupAnswer<ServerQuota> {
        .failure(
            ProviderFailure(action: .notPermitted, status: 0, message: "a simulation has no server", wasSent: false))
    }
}

/// What became of each alert, by its number.
private final class Journal: Sendable {
    private let time: VirtualTime
    private let list: Mutex<[Simulation.Outcome]>

    init(_ arrivals: [Arrival], _ time: VirtualTime) {
        self.time = time
        list = Mutex(arrivals.map { Simulation.Outcome(arrival: $0, wait: nil, gaveUpAfter: nil) })
    }

    var outcomes: [Simulation.Outcome] { list.withLock { $0 } }

    func note(_ source: EventSource, isEnriched: Bool) {
        guard let number = Int(source.eventID) else { return }
        let now = time.now
        list.withLock {
            let passed = now - $0[number].arrival.time
            if isEnriched { $0[number].wait = passed } else { $0[number].gaveUpAfter = passed }
        }
    }
}
