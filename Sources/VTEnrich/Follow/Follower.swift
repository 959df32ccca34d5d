import Dispatch
package import Logging
import Synchronization
package import VTEnrichCore

/// Follows `alerts.json` over its rotations and hands every alert that the selection takes to the store, in the
/// transaction that moves the checkpoint. Knows the store and nobody behind it.
///
/// Runs on its own queue, so reading and committing may block. What to do is `Trail`'s; this wakes it: inotify, its own
/// deadlines, and a slow poll as a safety net.
package actor Follower {
    /// Seconds between looks when nothing wakes us: with inotify, and without.
    static let safetyInterval = 5.0
    static let pollingInterval = 0.5

    private nonisolated let executor = QueueExecutor("follower")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let intake: Intake
    private let clock: Clock
    private let log: Logger
    private let quarantine: Quarantine
    private nonisolated let work = LongWork()
    private var trail: Trail
    private var watches: Watches
    private var source: (any DispatchSourceRead)?
    private var timer: (any DispatchSourceTimer)?
    private var isRunning = false
    private var hasStopped = false
    private var isLookQueued = false
    private var ending: CheckedContinuation<Void, Never>?
    private nonisolated let snapshot: Mutex<FollowerStatus>

    /// - Parameter stateDirectory: where samples of unreadable lines are kept; nil: nowhere.
    package init(
        settings: FollowSettings, selector: AlertSelector, intake: Intake, stateDirectory: String?,
        clock: Clock = .system, log: Logger
    ) {
        self.init(
            settings: settings, selector: selector, intake: intake, stateDirectory: stateDirectory, clock: clock,
            log: log, inotify: { () throws(FileError) in try Inotify() })
    }

    init(
        settings: FollowSettings, selector: AlertSelector, intake: Intake, stateDirectory: String?, clock: Clock,
        log: Logger, inotify: @escaping @Sendable () throws(FileError) -> Inotify
    ) {
        self.intake = intake
        self.clock = clock
        self.log = log
        quarantine = Quarantine(directory: stateDirectory)
        watches = Watches(start: inotify)
        trail = Trail(
            settings: settings, examine: selector.examine, intake: intake, clock: clock, log: log,
            quarantine: quarantine, work: work)
        snapshot = Mutex(FollowerStatus(path: settings.alerts.path))
    }

    /// Follows until `stop`.
    package func run() async {
        guard !hasStopped else { return }
        isRunning = true
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.setEventHandler { [unowned self] in assumeIsolated { $0.wake() } }
        timer.activate()
        self.timer = timer
        wake()
        await withCheckedContinuation { ending = $0 }
    }

    /// Ends at a safe point: after the piece being read, with a last checkpoint.
    package nonisolated func stop() async {
        work.end()
        await end()
    }

    private func end() {
        guard !hasStopped else { return }
        hasStopped = true
        isRunning = false
        trail.finish()
        publish()
        source?.cancel()
        timer?.cancel()
        source = nil
        timer = nil
        watches = Watches(start: watches.start)
        ending?.resume()
        ending = nil
    }

    /// Everything that can be done now, to its end. For tests that drive the time; `run` does the same in turns.
    package func look() {
        while trail.look().hasMore {}
        publish()
    }

    /// A new selection or new settings, from the next piece on. Another path is another follower with a checkpoint of its
    /// own; the old one's is kept (F44).
    package func reconfigure(settings: FollowSettings, selector: AlertSelector) {
        guard !hasStopped else { return }
        if settings.alerts.path == trail.settings.alerts.path {
            trail.settings = settings
            trail.examine = selector.examine
        } else {
            trail.finish()
            trail = Trail(
                settings: settings, examine: selector.examine, intake: intake, clock: clock, log: log,
                quarantine: quarantine, work: work)
        }
        if isRunning { wake() }
    }

    /// Returns when the stage has a moment, or is seen to go on with long work: for the watchdog.
    package nonisolated func beat() async {
        let progress = work.progress
        let answered = Doorbell()
        Task {
            await takeStep()
            answered.ring()
        }
        while work.progress == progress { await answered.wait(atMost: 1) }
    }

    private func takeStep() { work.step() }

    /// At any time from anywhere; never waits for the reading.
    package nonisolated func status() -> FollowerStatus {
        snapshot.withLock { $0 }
    }

    // MARK: Waking

    /// One turn of reading; asks for the next one.
    private func wake() {
        guard isRunning else { return }
        watches.drain()
        var look = trail.look()
        if watches.follow(trail.generations + trail.lingering, folder: trail.archive.folder, now: clock.boot()) {
            listen()
            look = trail.look()
        }
        if let problem = watches.problem {
            trail.notices.report(.watching, problem, now: clock.boot())
        } else {
            trail.notices.clear(.watching, "inotify works again")
        }
        publish()
        schedule(look)
    }

    private func schedule(_ look: Trail.Look) {
        if look.hasMore {
            guard !isLookQueued else { return }
            isLookQueued = true
            executor.queue.async { [weak self] in self?.assumeIsolated { $0.takeTurn() } }
        } else {
            let longest = watches.isPolling ? Self.pollingInterval : Self.safetyInterval
            let seconds = min(look.next ?? longest, longest)
            timer?.schedule(deadline: .now() + seconds, leeway: .milliseconds(10))
        }
    }

    private func takeTurn() {
        isLookQueued = false
        wake()
    }

    /// Listens to inotify once there is one.
    private func listen() {
        guard source == nil, let inotify = watches.inotify else { return }
        let source = DispatchSource.makeReadSource(fileDescriptor: inotify.descriptor, queue: executor.queue)
        source.setEventHandler { [unowned self] in assumeIsolated { $0.wake() } }
        source.activate()
        self.source = source
    }

    private func publish() {
        var status = trail.status
        status.polling = watches.isPolling
        snapshot.withLock { $0 = status }
    }
}
