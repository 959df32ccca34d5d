import Dispatch
import Glibc
package import Logging
import Synchronization
package import VTEnrichCore

/// This daemon's place in its cluster: keeps the connection and the membership, counts every request with the others or, without
/// them, within its share, and hands verdicts on.
///
/// Runs on its own queue, since connection and book block; its methods never suspend, so what one of them does to the book and
/// to the server is one step. `docs/ARCHITECTURE.md` says why the limits hold.
package actor ClusterNode {
    private nonisolated let executor = QueueExecutor("cluster")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Seconds between two beats.
    static let interval = 0.5

    let settings: ClusterSettings
    let store: Store
    /// Our own requests, in both standings.
    let book: LocalQuotaLedger
    let clock: Clock
    let time: ServerTime
    let log: Logger
    let node: String
    /// Of this run.
    let incarnation = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    let hostName: String

    var limits: QuotaLimits
    var keyFingerprint: String?
    var rejected: String?
    var standing: ClusterStanding
    var storedStanding: StoredStanding
    var connection: RedisConnection?
    /// The longest time limit of a request that any node told, seconds.
    var timeout: Double
    /// What every node spent, as the server last told: told again to one that has forgotten.
    var spent: [String: Int] = [:]
    var noticed: String?
    var newsID = ""
    /// Answers that the server did not take yet.
    var unpublished: [IPAddress: CachedVerdict] = [:]
    private var stopping = false
    private let bell = Doorbell()

    nonisolated let view = Mutex(ClusterView())
    nonisolated let arrivals = Mutex(SharedNews())
    /// Rung when waiting lookups may go on.
    package nonisolated let onChange: @Sendable () -> Void

    package init(
        _ settings: ClusterSettings, key: APIKey?, store: Store, clock: Clock, log: Logger,
        onChange: @escaping @Sendable () -> Void
    ) throws(StoreError) {
        self.settings = settings
        self.store = store
        self.clock = clock
        self.log = log
        self.onChange = onChange
        (limits, timeout) = (settings.limits, settings.timeout)
        keyFingerprint = key.map(ClusterDigest.of)
        time = ServerTime(clock)
        book = try LocalQuotaLedger(store: store, clock: time.asClock, limits: settings.limits)
        node = try store.clusterNode()
        storedStanding = try store.clusterStanding()
        standing = storedStanding.resume(at: clock.boot(), bootID: clock.bootID, timeout: settings.timeout)
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        hostName = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (limits, aloneFrom) = (limits, standing.aloneFrom)
        let share = ClusterShare(nodes: settings.nodes).limits(limits)
        book.setLimits(share)
        view.withLock {
            $0.limits = limits
            $0.share = share
            $0.aloneFrom = aloneFrom
            $0.since = clock.wall()
        }
    }

    /// Works until `stop()`.
    package func run() async {
        while !stopping {
            beat()
            await bell.wait(atMost: Self.interval)
        }
    }

    package func stop() {
        stopping = true
        bell.ring()
        guard connection != nil, (try? ask(.leave)) != nil else { return }
        standing.left(at: clock.boot(), timeout: timeout)
        note(.apart(from: standing.aloneFrom, bootID: clock.bootID))
        connection = nil
    }

    /// Keeps the membership, or tries to get it back.
    package func beat() {
        do throws(RedisFailure) {
            if connection == nil { try join() } else { _ = try ask(.beat) }
            try readNews()
        } catch {
            lost(error)
        }
    }

    // MARK: Membership

    func join() throws(RedisFailure) {
        connection = try settings.connect()
        try synchronize()
        guard note(.member) else { throw RedisFailure("the state cannot be written, so this node may not join") }
        _ = try ask(.join)
        try publishRest()
        newsID = ""
        view.withLock {
            $0.isUp = true
            $0.since = clock.wall()
            $0.failure = nil
        }
        book.setLimits(limits)
        arrivals.withLock { $0.isBack = true }
        log.notice("the cluster at \(settings.address.text) is there; the quota is shared")
        onChange()
    }

    /// The server cannot be used: what it lent of our share may be on its way until the standing says otherwise.
    func lost(_ failure: RedisFailure) {
        connection = nil
        let aloneFrom = standing.aloneFrom
        let wasUp = view.withLock { view in
            defer {
                if view.isUp { view.since = clock.wall() }
                view.isUp = false
                view.aloneFrom = aloneFrom
                view.failure = failure.description
            }
            return view.isUp || view.failure != failure.description
        }
        limitToShare()
        if let closed = view.withLock({ $0.reply?.closed }) {
            do throws(StoreError) {
                try book.close(until: closed / 1_000)
            } catch {
                // The store tells of its own faults; VirusTotal refuses once more at worst.
            }
        }
        guard wasUp else { return }
        log.warning("the cluster at \(settings.address.text) is away: \(failure); this node goes on with its share")
        onChange()
    }

    func limitToShare() {
        let others = view.withLock { $0.reply?.others ?? 0 }
        let share = ClusterShare(nodes: settings.nodes).limits(limits, others: others)
        book.setLimits(share)
        view.withLock { $0.share = share }
    }

    /// A standing that the state does not take is tried again; until then nothing may be sent on it.
    @discardableResult
    func note(_ new: StoredStanding) -> Bool {
        guard new != storedStanding else { return true }
        do throws(StoreError) {
            try store.setClusterStanding(new)
            storedStanding = new
            return true
        } catch {
            return false
        }
    }

    // MARK: Settings

    package func setLimits(_ limits: QuotaLimits) {
        self.limits = limits
        view.withLock { $0.limits = limits }
        if view.withLock({ $0.isUp }) { book.setLimits(limits) } else { limitToShare() }
        bell.ring()
    }

    /// The key of now, after a start or a reload: it is tried again, whatever was said of it.
    package func setKey(_ key: APIKey?) {
        keyFingerprint = key.map(ClusterDigest.of)
        rejected = nil
        if connection != nil, let fingerprint = keyFingerprint {
            attempt { node throws(RedisFailure) in _ = try node.ask(.accept) { $0.rejected = fingerprint } }
        }
    }

    /// Something that waits for nothing: while the cluster is away it is told at the next join, or not at all.
    func attempt(_ step: (isolated ClusterNode) throws(RedisFailure) -> Void) {
        guard connection != nil else { return }
        do throws(RedisFailure) {
            try step(self)
        } catch {
            lost(error)
        }
    }
}
