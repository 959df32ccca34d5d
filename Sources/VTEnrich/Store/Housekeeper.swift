import Synchronization

/// Looks after the state while the stages work with it: mends its files, keeps the write-ahead log short, forgets what is
/// old. Knows nothing of alerts.
///
/// Runs on its own queue, since all of that blocks. An idle daemon writes nothing.
package actor Housekeeper {
    /// Seconds between looks at the files (T14 allows 60).
    static let interval = 10.0
    /// Seconds between prunings, and after a start or a jump of the wall clock before the first: what is old by a wrong clock
    /// is not forgotten at once (T48).
    static let pruneInterval = 600.0

    private nonisolated let executor = QueueExecutor("housekeeper")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let snapshot = Mutex<[String]>([])
    private let store: Store
    private let clock: Clock
    private var pruning: PruningSettings
    private var stopping = false
    private var prunedAt: Double
    private var lastReading: (wall: Double, boot: Double)

    package init(store: Store, pruning: PruningSettings, clock: Clock) {
        self.store = store
        self.pruning = pruning
        self.clock = clock
        lastReading = (clock.wall(), clock.boot())
        prunedAt = lastReading.boot
    }

    /// What is wrong with the state at the moment, for `status`.
    package nonisolated var problems: [String] { snapshot.withLock { $0 } }

    package func run() async {
        while !stopping {
            await store.alarm.wait(atMost: step())
        }
    }

    /// Ends `run`, with the write-ahead log written into the database.
    package func stop() {
        stopping = true
        store.alarm.ring()
        // What it throws is logged by the store, and costs nothing: the log is read at the next start.
        try? store.writeTallies(now: clock.wall())
        try? store.flush()
    }

    package func reconfigure(_ pruning: PruningSettings) {
        self.pruning = pruning
    }

    /// Does what is due; returns after how many seconds there is more.
    package func step() -> Double {
        var problems: [String] = []
        var pause = Self.interval
        do throws(StoreError) {
            try store.mend()
            try store.writeTallies(now: clock.wall())
            try store.flush()
            if try pruneIfDue() { pause = 0.05 }
        } catch {
            problems.append(error.description)
        }
        if let problem = store.walProblem { problems.append(problem.description) }
        snapshot.withLock { $0 = problems }
        return pause
    }

    /// True: there is more to forget.
    private func pruneIfDue() throws(StoreError) -> Bool {
        let (wall, boot) = (clock.wall(), clock.boot())
        defer { lastReading = (wall, boot) }
        if abs((wall - lastReading.wall) - (boot - lastReading.boot)) > 60 { prunedAt = boot }
        guard boot - prunedAt >= Self.pruneInterval else { return false }
        let more = try store.prune(now: wall, pruning)
        if !more { prunedAt = boot }
        return more
    }
}
