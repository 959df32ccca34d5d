import Foundation
import Glibc
import Logging
import Support
import Synchronization
import VTEnrichCore

@testable import VTEnrich

/// A store in memory that survives the trail: what a crash leaves behind.
final class MemoryIntake: Sendable {
    struct State {
        var checkpoints: [String: Checkpoint] = [:]
        /// Alert ids in the order of acceptance, repeated ones included.
        var received: [String] = []
        var confirmed: [String] = []
        var counts: [Counter: Int] = [:]
        var commits = 0
        var pending = 0
        /// What `accept` throws.
        var failure: FileError?
        var rings = 0
    }

    let state = Mutex(State())

    var received: [String] { state.withLock { $0.received } }

    func count(_ counter: Counter) -> Int { state.withLock { $0.counts[counter] ?? 0 } }

    func accept(_ batch: AcceptBatch) throws -> AcceptResult {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            state.received += batch.sources.map(\.alertID)
            state.confirmed += batch.confirmed
            if let checkpoint = batch.checkpoint { state.checkpoints[checkpoint.path] = checkpoint }
            state.counts.merge(batch.counts, uniquingKeysWith: +)
            state.commits += 1
            return AcceptResult(accepted: batch.sources.count, repeated: 0, pending: state.pending)
        }
    }

    var intake: Intake {
        Intake(
            checkpoint: { path in self.state.withLock { $0.checkpoints[path] } },
            accept: { try self.accept($0) }, pending: { self.state.withLock { $0.pending } },
            onAccepted: { self.state.withLock { $0.rings += 1 } }, eventKey: [1, 2, 3])
    }
}

/// Time that moves when told to.
final class HandClock: Sendable {
    private let seconds: Mutex<(wall: Double, boot: Double)>

    /// A fixed day in November 2026.
    init(wall: Double = 1_795_254_000) { seconds = Mutex((wall, 1_000)) }

    var wall: Double { seconds.withLock { $0.wall } }

    func advance(_ by: Double) { seconds.withLock { $0 = ($0.wall + by, $0.boot + by) } }

    var clock: Clock {
        Clock(wall: { self.wall }, boot: { self.seconds.withLock { $0.boot } }, bootID: "test")
    }
}

/// A log that is read by the test.
final class LogLines: LogHandler, Sendable {
    let lines = Mutex<[String]>([])
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }

    func count(_ part: String) -> Int { lines.withLock { $0.count { $0.contains(part) } } }
}

/// A writer, a trail over its files, and time by hand.
final class FollowBench {
    let folder: TemporaryFolder
    let clock: HandClock
    let store = MemoryIntake()
    let log = LogLines()
    let writer: AlertsWriter
    var settings: FollowSettings
    var selector = AlertSelector(SelectionSettings())
    private(set) var trail: Trail

    init(start: Configuration.Alerts.Start = .beginning, wall: Double = 1_795_254_000) throws {
        folder = try TemporaryFolder()
        clock = HandClock(wall: wall)
        writer = AlertsWriter(folder: folder["alerts"], now: wall)
        settings = FollowSettings()
        settings.alerts.path = writer.path
        settings.alerts.start = start
        trail = Self.makeTrail(settings, selector, store, clock, log, folder)
    }

    private static func makeTrail(
        _ settings: FollowSettings, _ selector: AlertSelector, _ store: MemoryIntake, _ clock: HandClock,
        _ log: LogLines, _ folder: TemporaryFolder
    ) -> Trail {
        Trail(
            settings: settings, examine: selector.examine, intake: store.intake, clock: clock.clock,
            log: Logger(label: "test") { _ in log }, quarantine: Quarantine(directory: folder.path))
    }

    func look() {
        while trail.look(budget: 1 << 20).hasMore {}
    }

    /// Ends in good order, or without a word; descriptors are closed with the trail.
    func end(orderly: Bool) {
        if orderly { trail.finish() }
        var nowhere = settings
        nowhere.alerts.path = folder["nowhere"]
        trail = Self.makeTrail(nowhere, selector, store, clock, log, folder)
    }

    func begin() {
        trail = Self.makeTrail(settings, selector, store, clock, log, folder)
    }

    func restart(while stopped: () throws -> Void = {}) rethrows {
        end(orderly: true)
        try stopped()
        begin()
    }

    func kill(while stopped: () throws -> Void = {}) rethrows {
        end(orderly: false)
        try stopped()
        begin()
    }

    func advance(_ seconds: Double) {
        clock.advance(seconds)
        writer.now += seconds
    }

    /// Everything that was written completely has been received once and in order.
    var report: Ledger.Report { writer.ledger.compare(store.received) }

    var checkpoint: Checkpoint? { store.state.withLock { $0.checkpoints[settings.alerts.path] } }
}
