import VTEnrichCore

/// The store as the follower sees it: where accepted alerts go and where the checkpoint comes from. Called on the
/// follower's queue, so all of it may block.
package struct Intake: Sendable {
    package var checkpoint: @Sendable (_ path: String) throws -> Checkpoint?
    /// Alerts, counts and checkpoint in one transaction; what throws has changed nothing.
    package var accept: @Sendable (AcceptBatch) throws -> AcceptResult
    /// How many accepted alerts wait for a verdict.
    package var pending: @Sendable () -> Int
    /// Rings whoever works on accepted alerts.
    package var onAccepted: @Sendable () -> Void
    /// The secret under which event ids are made.
    package var eventKey: [UInt8]

    package init(
        checkpoint: @escaping @Sendable (String) throws -> Checkpoint?,
        accept: @escaping @Sendable (AcceptBatch) throws -> AcceptResult,
        pending: @escaping @Sendable () -> Int, onAccepted: @escaping @Sendable () -> Void, eventKey: [UInt8]
    ) {
        self.checkpoint = checkpoint
        self.accept = accept
        self.pending = pending
        self.onAccepted = onAccepted
        self.eventKey = eventKey
    }
}

/// What was read since the last commit, and when the next one is due.
///
/// Alerts go at once, at most a piece or `alertLimit` of them; without any, every `byteLimit` bytes or every second, so
/// that an idle daemon writes nothing (F48).
struct Gathering {
    static let alertLimit = 1000
    static let byteLimit = 8 * 1024 * 1024
    static let interval = 1.0

    private(set) var batch = AcceptBatch()
    private(set) var bytes = 0
    private(set) var isDirty = false
    /// Boot seconds.
    private(set) var committedAt = -Double.infinity
    /// Set to commit at the next opportunity whatever was gathered.
    private(set) var isUrgent = false

    var isFull: Bool { batch.sources.count >= Self.alertLimit }

    mutating func add(_ value: Int = 1, to counter: Counter) {
        guard value != 0 else { return }
        batch.counts[counter, default: 0] += value
        isDirty = true
    }

    mutating func add(_ source: EventSource) {
        batch.sources.append(source)
        isDirty = true
    }

    mutating func confirm(_ eventID: String) {
        batch.confirmed.append(eventID)
        isDirty = true
    }

    mutating func consumed(_ count: Int) {
        bytes += count
        isDirty = true
    }

    /// The place to go on from has changed in a way worth keeping at once.
    mutating func moved() {
        isDirty = true
        isUrgent = true
    }

    func isDue(at now: Double) -> Bool {
        guard isDirty else { return false }
        return isUrgent || !batch.sources.isEmpty || !batch.confirmed.isEmpty || bytes >= Self.byteLimit
            || now - committedAt >= Self.interval
    }

    mutating func committed(at now: Double) {
        self = Gathering()
        committedAt = now
    }
}
