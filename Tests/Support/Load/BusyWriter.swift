import Synchronization
import VTEnrich

/// The writer of `alerts.json` at work: alerts at a rate, in blocks as analysisd writes them, and among them those that the
/// manager's rules make of the daemon's own events.
///
/// Runs on its own queue, since writing may block.
package actor BusyWriter {
    private nonisolated let executor = QueueExecutor("alerts writer")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package nonisolated let ledger = Ledger()
    private nonisolated let returned = Mutex<[[UInt8]]>([])
    private let writer: AlertsWriter
    /// Alerts in a second.
    private var rate = 0.0
    private var since = 0.0
    private var given = 0
    private var flushedAt = 0.0
    private var isOver = false
    /// Seconds between the writer's clock and ours: a day more after each new day.
    private var ahead: Double
    package private(set) var rotations = 0
    /// Our own events that came back as alerts.
    package private(set) var fed = 0

    /// - Parameters:
    ///   - daysAgo: how far in the past the first dated name lies, so that new days do not lead into the future.
    ///   - addresses: as in `AlertsWriter`.
    package init(folder: String, daysAgo: Double, addresses: Int) {
        ahead = -daysAgo * 86_400
        writer = AlertsWriter(folder: folder, now: wallSeconds() - daysAgo * 86_400, ledger: ledger)
        writer.addresses = addresses
    }

    /// Writes until `stop`, and waits for nobody.
    package func run() async {
        while !isOver {
            work()
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func work() {
        let now = monotonicSeconds()
        writer.now = wallSeconds() + ahead
        let due = Int((now - since) * rate) - given
        if due > 0 {
            // After a stall of this process, no flood.
            writer.append(min(due, 1_000))
            given += due
        }
        feed()
        guard now - flushedAt >= 1 else { return }
        writer.flush()
        flushedAt = now
    }

    private func feed() {
        let lines = returned.withLock { lines in
            defer { lines = [] }
            return lines
        }
        for line in lines { writer.append(unlisted: line) }
        fed += lines.count
    }

    /// An alert made of one of the daemon's events; analysisd writes it among the others.
    package nonisolated func giveBack(_ line: [UInt8]) {
        returned.withLock { $0.append(line) }
    }

    /// - Parameter rate: alerts in a second; 0: what waits in the buffer becomes visible, and no more comes but our own events.
    package func write(perSecond rate: Double) {
        work()
        (self.rate, since, given) = (rate, monotonicSeconds(), 0)
        if rate == 0 { writer.flush() }
    }

    /// A change of files, or something of a test's own.
    package func perform<Result: Sendable>(_ body: @Sendable (AlertsWriter) throws -> Result) rethrows -> Result {
        try body(writer)
    }

    package func rotateSize() {
        writer.rotateSize()
        rotations += 1
    }

    package func rotateDay() {
        ahead += 86_400
        writer.now = wallSeconds() + ahead
        writer.rotateDay()
        rotations += 1
    }

    package func stop() {
        isOver = true
    }
}
