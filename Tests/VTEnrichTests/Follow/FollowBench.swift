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
        /// After so many commits it refuses for good, as after a crash; nil: never.
        var commitsLeft: Int?
        var rings = 0
    }

    let state = Mutex(State())

    var received: [String] { state.withLock { $0.received } }

    func count(_ counter: Counter) -> Int { state.withLock { $0.counts[counter] ?? 0 } }

    func accept(_ batch: AcceptBatch) throws -> AcceptResult {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            if let left = state.commitsLeft {
                guard left > 0 else { throw FileError("write", "state.db", EIO) }
                state.commitsLeft = left - 1
            }
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

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

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
    /// Small, so that few alerts are many pieces.
    var pieceSize = 8_192
    private(set) var trail: Trail

    init(
        start: Configuration.Alerts.Start = .beginning, wall: Double = 1_795_254_000,
        layout: AlertsWriter.Layout = .dated
    ) throws {
        folder = try TemporaryFolder()
        clock = HandClock(wall: wall)
        writer = AlertsWriter(folder: folder["alerts"], now: wall, layout: layout)
        settings = FollowSettings()
        settings.alerts.path = writer.path
        settings.alerts.start = start
        trail = Self.makeTrail(settings, selector, store, clock, log, folder, pieceSize)
    }

    private static func makeTrail(
        _ settings: FollowSettings, _ selector: AlertSelector, _ store: MemoryIntake, _ clock: HandClock,
        _ log: LogLines, _ folder: TemporaryFolder, _ pieceSize: Int
    ) -> Trail {
        Trail(
            settings: settings, examine: selector.examine, intake: store.intake, clock: clock.clock,
            log: Logger(label: "test") { _ in log }, quarantine: Quarantine(directory: folder.path),
            buffer: ReadBuffer(pieceSize: pieceSize))
    }

    /// A trail over the same files with another store.
    func makeTrail(_ intake: Intake) -> Trail {
        Trail(
            settings: settings, examine: selector.examine, intake: intake, clock: clock.clock,
            log: Logger(label: "test") { [log] _ in log }, quarantine: Quarantine(directory: nil))
    }

    /// One turn of about so many bytes: a piece at least.
    func lookALittle(_ bytes: Int = 1) { _ = trail.look(budget: bytes) }

    func lookALittle() { lookALittle(1) }

    func look() {
        while trail.look(budget: 1 << 20).hasMore {}
    }

    /// Ends in good order, or without a word; descriptors are closed with the trail.
    func end(orderly: Bool) {
        if orderly { trail.finish() }
        var nowhere = settings
        nowhere.alerts.path = folder["nowhere"]
        trail = Self.makeTrail(nowhere, selector, store, clock, log, folder, pieceSize)
    }

    func begin() {
        trail = Self.makeTrail(settings, selector, store, clock, log, folder, pieceSize)
    }

    func restart(while stopped: () -> Void = {}) {
        end(orderly: true)
        stopped()
        begin()
    }

    func kill(while stopped: () -> Void = {}) {
        end(orderly: false)
        stopped()
        begin()
    }

    func advance(_ seconds: Double) {
        clock.advance(seconds)
        writer.now += seconds
    }

    func rotateDay() {
        let before = writer.now
        writer.rotateDay()
        clock.advance(writer.now - before)
    }

    /// What was written up to now need not be received.
    func forgiveAll() { writer.ledger.forgive(writer.ledger.all.map(\.id)) }

    /// What of the current file was not received up to now need not be.
    func forgiveUnread() {
        writer.flush()
        writer.ledger.forgiveUnread(generation: writer.generation, received: Set(store.received))
    }

    /// Files below the folder that have no name left and are held open by this process.
    var deletedButOpen: Int {
        let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return links.count { link in
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(link)")) ?? ""
            var facts = stat()
            return target.hasPrefix(folder.path + "/") && fstat(Int32(link)!, &facts) == 0 && facts.st_nlink == 0
        }
    }

    /// Compresses a generation as two gzip members in one file, and removes the plain file.
    func splitIntoTwoMembers(generation: Int) throws {
        let plain = writer.datedPaths[generation]
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: plain)))
        let half = bytes.count / 2
        let members = gzip(Array(bytes.prefix(half))) + gzip(Array(bytes.dropFirst(half)))
        try Data(members).write(to: URL(fileURLWithPath: plain + ".gz"))
        try FileManager.default.removeItem(atPath: plain)
    }

    /// Overwrites bytes in the middle of a file.
    func damage(_ path: String) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        let middle = data.count / 2
        data.replaceSubrange(middle..<(middle + 40), with: Data(repeating: 0xff, count: 40))
        try data.write(to: URL(fileURLWithPath: path))
    }

    /// Everything that was written completely has been received once and in order.
    var report: Ledger.Report { writer.ledger.compare(store.received) }

    var checkpoint: Checkpoint? { store.state.withLock { $0.checkpoints[settings.alerts.path] } }
}
