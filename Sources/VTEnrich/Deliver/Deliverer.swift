import Foundation
package import Logging
import Synchronization

/// How a sink is, for `status`.
package struct SinkStatus: Sendable, Equatable {
    package var lastError: String?
    /// Whether the last attempt failed.
    package var failing = false
}

/// Takes events from the outbox to one sink, in order, each until it is sent, which its `SentMark` notes one by
/// one (P3); their rows go by the hundred.
///
/// Runs on its own queue and may block there: for a full socket at most half a second at a time. It knows nothing of alerts
/// and verdicts.
package actor Deliverer {
    package enum Target: Sendable, Equatable {
        /// `confirmation` nil: what was sent counts as delivered.
        case analysisd(socket: String, maxPerSecond: Int, confirmation: Confirmation?)
        case file(path: String)
    }

    /// Events wait in the outbox for their alert to come back.
    package struct Confirmation: Sendable, Equatable {
        /// Seconds after which one is overdue.
        package var after: Double
        /// Repeat even while no event is known to come back.
        package var always: Bool

        package init(after: Double, always: Bool = false) {
            self.after = after
            self.always = always
        }
    }

    nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The rows of the outbox that are this sink's.
    package nonisolated let sink: String
    /// Ring when the outbox has something new.
    package nonisolated let doorbell = Doorbell()
    private nonisolated let snapshot = Mutex(SinkStatus())

    private let store: Store
    private let mark: SentMark
    private let clock: Clock
    private let log: Logger
    private var target: Target
    private var send: (Data) -> Sent
    private var waitForRoom: () -> Bool
    private var pace: Pace
    private var status = SinkStatus() { didSet { snapshot.withLock { $0 = status } } }
    /// Sent, but the mark could not be written: the note is repeated, never the send.
    private var unnoted: Int64?
    /// Sent rows may lie in the outbox; at the start those of a run that was killed.
    private var hasSent = true
    private var backOff = 0.1
    /// The log says that the sink takes no events.
    private var hasComplained = false
    private var stopping = false
    /// Seconds since boot.
    private var overdueDue = 0.0
    /// How many more events may wait for a confirmation; the others count as delivered.
    private var room = Deliverer.longestWaitingList

    private static let longestWaitingList = 20_000

    package init(sink: String, store: Store, target: Target, clock: Clock, log: Logger) {
        self.sink = sink
        self.store = store
        mark = store.sentMark(sink: sink)
        self.clock = clock
        self.log = log
        self.target = target
        executor = QueueExecutor("deliverer.\(sink)")
        (send, waitForRoom, pace) = Self.open(target)
        if let loss = mark.loss { log.warning("\(loss); up to a hundred events may be sent a second time") }
    }

    package nonisolated var sinkStatus: SinkStatus { snapshot.withLock { $0 } }

    package func run() async {
        while !stopping {
            let pause = step()
            await doorbell.wait(atMost: pause)
        }
    }

    /// Returns when the stage has a moment: for the watchdog.
    package func beat() {}

    package func stop() {
        stopping = true
        doorbell.ring()
    }

    package func reconfigure(_ target: Target) {
        guard target != self.target else { return }
        overdueDue = 0
        self.target = target
        (send, waitForRoom, pace) = Self.open(target)
        doorbell.ring()
    }

    /// Sends what can be sent now, at most a hundred events; returns how many seconds to wait before the next call.
    package func step() -> Double {
        do {
            try prepare()
            try noteSent()
            try putAway()
            let overdue = try lookForOverdue()
            let rows = try store.unsent(sink: sink, limit: 100)
            for row in rows {
                guard !stopping else { break }
                if let pause = try deliver(row) {
                    try putAway()
                    return pause
                }
            }
            try putAway()
            // What the store refused is over; what the sink refuses, only the next send can tell.
            if status.failing, !hasComplained { status.failing = false }
            return rows.isEmpty ? overdue : 0
        } catch {
            // The store logs its own faults.
            (status.lastError, status.failing) = ("\(error)", true)
            return 1
        }
    }

    /// nil when the row is dealt with, else the seconds to wait before it is tried again.
    private func deliver(_ row: OutboxRow) throws -> Double? {
        if let pause = pace.pause(at: clock.boot()) { return pause }
        CrashPoint.beforeSend.reach()
        var sent = send(row.body)
        if sent == .full, waitForRoom() { sent = send(row.body) }
        switch sent {
        case .delivered:
            CrashPoint.afterSend.reach()
            unnoted = row.id
            try noteSent()
            recovered()
            return nil
        case .full:
            return 0.001
        case .unavailable(let problem):
            try store.count([.retries: 1])
            fail(problem)
            defer { backOff = min(1, backOff * 2) }
            return backOff
        case .impossible(let problem):
            log.error("an event was dropped: \(problem)")
            try store.drop(row.id)
            return nil
        }
    }

    /// What cannot be noted is not sent.
    private func prepare() throws {
        do throws(StoreError) {
            try mark.prepare()
        } catch {
            tell(error)
            throw error
        }
    }

    private func noteSent() throws {
        guard let id = unnoted else { return }
        do throws(StoreError) {
            try mark.note(id)
        } catch {
            tell(error)
            throw error
        }
        unnoted = nil
        hasSent = true
    }

    /// A fault of the mark, once in the log; the store tells of its own.
    private func tell(_ fault: StoreError) {
        if !status.failing || status.lastError != fault.description { log.error("\(fault)") }
    }

    private func putAway() throws {
        guard hasSent else { return }
        let awaits = confirmation != nil && room > 0
        let count = try store.putAway(sink: sink, mark, awaitingSince: awaits ? clock.wall() : nil)
        hasSent = false
        guard awaits, count > 0 else { return }
        room -= count
        overdueDue = min(overdueDue, clock.boot() + interval)
    }

    // MARK: Confirmation

    private var confirmation: Confirmation? {
        if case .analysisd(_, _, let confirmation) = target { return confirmation }
        return nil
    }

    private var interval: Double { max(0.2, (confirmation?.after ?? 0) / 4) }

    /// Repeats or gives up what analysisd seems to have dropped; returns the seconds until the next look.
    private func lookForOverdue() throws -> Double {
        guard let confirmation else { return 3_600 }
        let boot = clock.boot()
        guard boot >= overdueDue else { return overdueDue - boot }
        let now = clock.wall()
        let overdue = try store.overdue(
            before: now - confirmation.after, patience: now - 10 * confirmation.after, limit: 500,
            always: confirmation.always)
        if overdue.repeated > 0 {
            log.notice(
                "\(overdue.repeated) events did not become alerts and are sent again; analysisd may have dropped them")
        }
        room = Self.longestWaitingList - overdue.awaited
        overdueDue = overdue.awaited > 0 ? boot + interval : .infinity
        return overdue.awaited > 0 ? interval : 3_600
    }

    private func fail(_ problem: String) {
        if status.lastError != problem || !status.failing { log.warning("\(problem)") }
        status.lastError = problem
        status.failing = true
        hasComplained = true
    }

    private func recovered() {
        backOff = 0.1
        guard status.failing else { return }
        status.failing = false
        if hasComplained { log.notice("\(sink) takes events again") }
        hasComplained = false
    }

    private static func open(_ target: Target) -> (send: (Data) -> Sent, waitForRoom: () -> Bool, pace: Pace) {
        switch target {
        case .analysisd(let path, let maxPerSecond, _):
            let socket = AnalysisdSocket(path: path)
            return (
                { body in body.withUnsafeBytes { socket.send($0) } }, { socket.waitUntilWritable(milliseconds: 500) },
                Pace(perSecond: maxPerSecond)
            )
        case .file(let path):
            let file = EventFile(path: path)
            return ({ file.append($0) }, { false }, Pace(perSecond: 0))
        }
    }
}
