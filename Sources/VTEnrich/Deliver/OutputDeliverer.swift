import Foundation
import Logging
import Synchronization
import VTEnrichCore

/// Takes the rows of one output from the outbox to its service. It holds up nobody: the service may be slow, down or refuse,
/// and only its own rows wait, at most `max_waiting` of them and at most `max_age`.
///
/// A failure pauses the output, longer each time, and the row that failed goes behind the others, so that one that the
/// service cannot digest keeps back none. Runs on its own queue; requests wait without a thread.
package actor OutputDeliverer {
    nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package nonisolated let sink: String
    /// Ring when the outbox has something new.
    package nonisolated let doorbell = Doorbell()
    private nonisolated let snapshot = Mutex(SinkStatus())

    private let store: Store
    private let clock: Clock
    private let log: Logger
    private var settings: OutputSettings
    private var channel: Result<any OutputChannel, SecretError>
    private var status = SinkStatus() { didSet { snapshot.withLock { $0 = status } } }
    private var stopping = false
    private var inFlight: Task<OutputOutcome, Never>?
    /// Failed sends by row, for the order alone.
    private var failures: [Int64: Int] = [:]
    /// Seconds, after the next failure.
    private var backOff = OutputDeliverer.firstBackOff
    // Seconds since boot.
    private var pausedUntil = 0.0
    private var boundsDue = 0.0
    private var upkeepDue = 0.0
    private var sends: [Double] = []
    private var digestSince: Double?
    private var deadInARow = 0
    private var deadLogged = -Double.infinity
    /// What lies in the outbox by a delivery that the store did not note yet: noted before anything is sent again.
    private var unnoted: (ids: [Int64], counter: OutputCounter)?

    private static let firstBackOff = 1.0
    private static let longestBackOff = 60.0
    /// Seconds until a service that refuses is asked again without a reload.
    private static let refusedPause = 3_600.0

    init(
        _ settings: OutputSettings, channel: Result<any OutputChannel, SecretError>, store: Store, clock: Clock,
        log: Logger
    ) {
        sink = settings.name
        self.settings = settings
        self.channel = channel
        self.store = store
        self.clock = clock
        self.log = log
        executor = QueueExecutor("output.\(settings.name)")
    }

    package nonisolated var sinkStatus: SinkStatus { snapshot.withLock { $0 } }

    package func run() async {
        while !stopping {
            let pause = await step()
            await doorbell.wait(atMost: pause)
        }
    }

    /// Returns when the stage has a moment: for the watchdog.
    package func beat() {}

    /// Gives up the request on its way; its row stays.
    package func stop() {
        stopping = true
        inFlight?.cancel()
        doorbell.ring()
    }

    /// New settings, and the secret of now: what was refused is tried again at once.
    func reconfigure(_ settings: OutputSettings, channel: Result<any OutputChannel, SecretError>) {
        self.settings = settings
        self.channel = channel
        (pausedUntil, boundsDue, backOff, failures, deadInARow) = (0, 0, Self.firstBackOff, [:], 0)
        doorbell.ring()
    }

    /// Hands over what goes in one call; returns after how many seconds there may be more.
    package func step() async -> Double {
        do {
            try noteUnnoted()
            let boot = clock.boot()
            try keepBounds(boot)
            guard case .success(let channel) = channel else { return complainOfSecret() }
            guard boot >= pausedUntil else { return pausedUntil - boot }
            if let upkeep = channel.upkeep, boot >= upkeepDue {
                upkeepDue = boot + upkeep
                _ = try note(await channel.send([]), of: [])
            }
            let rows = try store.deliveries(sink: sink, limit: max(50, channel.batch) + failures.count)
            guard let pause = pause(before: rows, boot) else {
                return try await send(Array(inOrder(rows).prefix(channel.batch)), by: channel, boot)
            }
            return channel.upkeep == nil ? pause : min(pause, max(0.05, upkeepDue - boot))
        } catch {
            // The store logs its own faults.
            (status.lastError, status.failing) = ("\(error)", true)
            return 1
        }
    }

    /// Seconds to wait before anything goes; nil: now.
    private func pause(before rows: [Delivery], _ boot: Double) -> Double? {
        guard !rows.isEmpty else {
            digestSince = nil
            return Self.idle
        }
        if settings.digest > 0 {
            let due = (digestSince ?? boot) + settings.digest
            digestSince = due - settings.digest
            if boot < due { return due - boot }
        }
        guard settings.maxPerMinute > 0 else { return nil }
        sends.removeAll { $0 <= boot - 60 }
        return sends.count < settings.maxPerMinute ? nil : max(0.05, (sends.first ?? boot) + 60 - boot)
    }

    private static let idle = 3_600.0

    private func inOrder(_ rows: [Delivery]) -> [Delivery] {
        guard !failures.isEmpty else { return rows }
        return rows.sorted { (failures[$0.id] ?? 0, $0.id) < (failures[$1.id] ?? 0, $1.id) }
    }

    private func send(_ rows: [Delivery], by channel: any OutputChannel, _ boot: Double) async throws -> Double {
        if settings.maxPerMinute > 0 { sends.append(boot) }
        let bodies = rows.map { [UInt8]($0.body) }
        let task = Task { await self.hand(bodies, to: channel) }
        inFlight = task
        if stopping { task.cancel() }
        let outcome = await task.value
        inFlight = nil
        return try note(outcome, of: rows)
    }

    /// On this actor's queue, where a channel may block.
    private func hand(_ bodies: [[UInt8]], to channel: any OutputChannel) async -> OutputOutcome {
        await channel.send(bodies)
    }

    // MARK: What became of it

    private func note(_ outcome: OutputOutcome, of rows: [Delivery]) throws -> Double {
        switch outcome {
        case .delivered(let answer):
            if !rows.isEmpty { log.debug("\(sink): \(rows.count) delivered, \(answer)") }
            try taken(rows, as: .sent)
            recovered()
        case .unanswered(let cause):
            log.warning("\(sink): \(name(rows)) may not have arrived and is not sent again: \(cause)")
            status.lastError = cause
            try taken(rows, as: .unanswered)
        case .dead(let cause):
            try bury(rows, cause)
        case .retry(let cause, let after):
            try store.count(.retries, sink: sink)
            for row in rows { failures[row.id, default: 0] += 1 }
            // Long before this the order says nothing any more.
            if failures.count > 50 { failures = [:] }
            return pause(max(backOff, min(after ?? 0, 86_400)), since: cause) {
                backOff = min(Self.longestBackOff, backOff * 2)
            }
        case .refused(let cause):
            return pause(Self.refusedPause, since: "\(cause); it is asked again in an hour, or at a reload")
        case .stopped: return Self.idle
        }
        return 0
    }

    private func pause(_ seconds: Double, since cause: String, then change: () -> Void = {}) -> Double {
        pausedUntil = clock.boot() + seconds
        change()
        fail(cause)
        return seconds
    }

    private func taken(_ rows: [Delivery], as counter: OutputCounter) throws {
        guard !rows.isEmpty else { return }
        unnoted = (rows.map(\.id), counter)
        digestSince = nil
        for row in rows { failures[row.id] = nil }
        try noteUnnoted()
    }

    private func noteUnnoted() throws {
        guard let (ids, counter) = unnoted else { return }
        try store.finish(ids, sink: sink, as: counter)
        unnoted = nil
    }

    private func bury(_ rows: [Delivery], _ cause: String) throws {
        try taken(rows, as: .deadLetters)
        deadInARow += 1
        status.lastError = cause
        // One after the other: that is no longer about single notices.
        if deadInARow >= 5 { status.failing = true }
        guard clock.boot() - deadLogged >= 60 else { return }
        deadLogged = clock.boot()
        log.error("\(sink): \(name(rows)) is given up: \(cause)")
    }

    /// What nobody took for too long, or is too much.
    private func keepBounds(_ boot: Double) throws {
        guard boot >= boundsDue else { return }
        boundsDue = boot + 1
        let dropped = try store.dropExcess(sink: sink, beyond: settings.maxWaiting)
        let old = try store.deliveries(sink: sink, limit: 20).filter { clock.wall() - $0.queuedAt > settings.maxAge }
        if !old.isEmpty { try store.finish(old.map(\.id), sink: sink, as: .deadLetters) }
        guard dropped + old.count > 0 else { return }
        log.error(
            "\(sink): \(dropped + old.count) notices are given up: they waited too long, or more than max_waiting do")
    }

    private func name(_ rows: [Delivery]) -> String {
        rows.count == 1 ? "notice \(rows[0].eventID ?? "")" : "a message of \(rows.count) notices"
    }

    // MARK: How it is

    private func complainOfSecret() -> Double {
        if case .failure(let problem) = channel { fail(problem.description) }
        return Self.idle
    }

    private func fail(_ problem: String) {
        if status.lastError != problem || !status.failing { log.warning("\(sink): \(problem)") }
        (status.lastError, status.failing) = (problem, true)
    }

    private func recovered() {
        (backOff, deadInARow) = (Self.firstBackOff, 0)
        guard status.failing else { return }
        status.failing = false
        log.notice("\(sink): it takes notices again")
    }
}
