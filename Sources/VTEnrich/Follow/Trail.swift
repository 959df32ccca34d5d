import Logging
import VTEnrichCore

/// What the follower is told by the configuration.
package struct FollowSettings: Sendable, Equatable {
    package var alerts: Configuration.Alerts
    /// `queue.max_pending`: with this many waiting, reading pauses.
    package var maxPending: Int
    /// Seconds without growth after which an old generation is let go (F21).
    package var linger = 60.0

    package init(alerts: Configuration.Alerts = Configuration.Alerts(), maxPending: Int = 1_000_000) {
        self.alerts = alerts
        self.maxPending = maxPending
    }
}

/// The generations of one `alerts.json` in their order and how far each is consumed; reads them when told to look.
///
/// It decides nothing about time of day and never waits: `look` does what can be done now and says when to look again.
/// Confined to the follower's queue.
final class Trail {
    /// What came of a look.
    struct Look: Equatable {
        /// There is more to read at once.
        var hasMore: Bool
        /// Seconds until the next look is due even when nothing happens; nil: nothing is.
        var next: Double?
    }

    /// A generation that comes after the open ones and is not open yet.
    struct Successor {
        var datedName: DatedName?
        /// Where it may be found, best first.
        var paths: [String]
        /// What is expected there; nil: whatever is there.
        var identity: FileIdentity?
        var size: UInt64
        /// Where reading goes on if it is known already.
        var mark: GenerationMark?
    }

    /// Seconds between looks while something is missing or wrong.
    static let retryInterval = 0.5
    /// Seconds that `path` may be missing before it is told.
    static let missingGrace = 1.0
    /// Descriptors held ahead of the generation being read, so that a deletion does not take it away.
    static let openLimit = 64
    /// Marks of finished generations kept in the checkpoint.
    static let earlierLimit = 8

    var settings: FollowSettings
    var examine: (UnsafeRawBufferPointer) -> Examination
    let intake: Intake
    let clock: Clock
    let log: Logger
    let archive: Archive
    let quarantine: Quarantine
    let work: LongWork
    let buffer: ReadBuffer
    var notices: Notices

    var hasStarted = false
    /// Open and unfinished, oldest first; the first is being read, the last stays when it is read to its end.
    var generations: [Generation] = []
    var successors: [Successor] = []
    /// Finished, watched for late writes (F21).
    var lingering: [Generation] = []
    /// Finished and closed.
    var earlier: [GenerationMark] = []
    /// What `path` led to at the last look.
    var current: FileIdentity?
    /// Boot seconds since when `path` is missing.
    var missingSince: Double?
    /// The newest generation known, by its dated name.
    var last: DatedName?
    var isLastRead = true
    /// Wall clock of the last checkpoint.
    var savedAt = Double.infinity

    /// What could not be read at the last try.
    var unreadable: Generation?

    var gathering = Gathering()
    /// Boot seconds; nil: not held.
    var retryAt: Double?
    var retryDelay = 0.5
    var pausedUntil: Double?

    init(
        settings: FollowSettings, examine: @escaping (UnsafeRawBufferPointer) -> Examination, intake: Intake,
        clock: Clock, log: Logger, quarantine: Quarantine, work: LongWork = LongWork(),
        buffer: ReadBuffer = ReadBuffer()
    ) {
        self.settings = settings
        self.examine = examine
        self.intake = intake
        self.clock = clock
        self.log = log
        self.quarantine = quarantine
        self.work = work
        self.buffer = buffer
        archive = Archive(path: settings.alerts.path)
        notices = Notices(log: log)
    }

    var path: String { settings.alerts.path }

    /// Does everything that can be done now, but reads only about `budget` bytes, so that others get their turn.
    func look(budget: Int = 8 * 1024 * 1024) -> Look {
        if !hasStarted, !start() { return Look(hasMore: false, next: Self.retryInterval) }
        watchPath()
        var left = budget
        if isReady() {
            readLate(&left)
            readInOrder(&left)
        }
        noteGrowth()
        letGo()
        if !isHeld, gathering.isDue(at: clock.boot()) { commit() }
        return Look(hasMore: left <= 0 && !isHeld, next: nextLook())
    }

    /// The last checkpoint before the follower ends or turns to another path.
    func finish() {
        retryAt = nil
        if gathering.isDirty { commit() }
    }

    /// What was written to generations that were finished already.
    private func readLate(_ left: inout Int) {
        for generation in lingering {
            guard left > 0, !isHeld else { return }
            _ = readOn(generation, &left)
        }
    }

    private func readInOrder(_ left: inout Int) {
        while left > 0, !isHeld, let first = generations.first, readOn(first, &left) {
            guard generations.count > 1, left > 0 else { return }
            pass(from: first, to: generations[1])
            openSuccessors()
        }
    }

    /// Growth that nobody reads at the moment: for lag, and for what a truncation takes. What is read is known better.
    private func noteGrowth() {
        let unread = isHeld ? generations[...] : generations.dropFirst()
        if let newest = unread.last { _ = try? newest.noteSize() }
        if let first = unread.first, first !== unread.last { _ = try? first.noteSize() }
    }

    /// The first generation is read to a stable end, and there is a next one.
    private func pass(from old: Generation, to next: Generation) {
        generations.removeFirst()
        if old.gzip == nil {
            old.quietSince = clock.boot()
            lingering.append(old)
        } else {
            remember(old)
        }
        gathering.moved()
        if next.offset == 0, old.offset > 0, (try? next.resume(at: old.mark)) != nil, next.offset > 0 {
            log.notice("\(next.name) has the content of \(old.name): going on at offset \(next.offset)")
            return
        }
        gathering.add(to: .rotations)
        log.notice("\(old.name) is read to its end at offset \(old.offset): going on with \(next.name)")
    }

    /// Closes old generations that nobody will write to any more (F13, F21).
    private func letGo() {
        let now = clock.boot()
        let done = lingering.filter { old in
            guard old.identity != current, let facts = try? old.noteSize(), old.unread == 0 else { return false }
            return facts.links == 0 || now - (old.quietSince ?? now) >= settings.linger
        }
        for old in done {
            lingering.removeAll { $0 === old }
            if unreadable === old { unreadable = nil }
            if old.partial > 0 {
                log.notice("\(old.name) ends in \(old.partial) bytes of a line that was never finished")
            }
            remember(old)
        }
    }

    func remember(_ old: Generation) {
        earlier.append(old.mark)
        if earlier.count > Self.earlierLimit { earlier.removeFirst(earlier.count - Self.earlierLimit) }
    }

    private func nextLook() -> Double? {
        let now = clock.boot()
        var due: [Double] = []
        if missingSince != nil || notices[.path] != nil || notices[.rotated] != nil || notices[.reading] != nil
            || notices[.listing] != nil
        {
            due.append(Self.retryInterval)
        }
        if let retryAt { due.append(retryAt - now) }
        if let pausedUntil { due.append(pausedUntil - now) }
        if gathering.isDirty, retryAt == nil { due.append(gathering.committedAt + Gathering.interval - now) }
        due += lingering.compactMap { $0.quietSince.map { $0 + settings.linger - now } }
        return due.min().map { max(0.01, $0) }
    }

    var status: FollowerStatus {
        var status = FollowerStatus(path: path)
        let first = generations.first
        status.reading = first?.name
        status.offset = first?.offset
        status.size = first?.size
        status.lagBytes =
            successors.reduce(0) { $0 + $1.size }
            + (generations + lingering).reduce(0) { $0 + $1.unread }
        status.waitingForFile = missingSince != nil
        status.partialBytes = generations.last?.partial ?? 0
        status.paused = pausedUntil != nil
        status.generationsOpen = generations.count + lingering.count
        status.problems = notices.texts
        return status
    }
}
