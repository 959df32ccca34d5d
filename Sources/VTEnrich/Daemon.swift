import Foundation
import Glibc
import Logging
import Synchronization
import VTEnrichCore

/// The service: the only place that builds the parts and connects them.
///
/// Runs on a queue of its own, since loading a configuration blocks. The parts do the work; it starts, reloads and stops
/// them, and answers the control socket.
package actor Daemon {
    private nonisolated let executor = QueueExecutor("daemon")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let configurationPath: String
    private let version: String
    private let environment: [String: String]
    private let clock = Clock.system
    private let logSettings: LogSettings
    private let log: Logger
    private let notifier: ServiceNotifier

    private var configuration: Configuration
    private let store: Store
    private nonisolated let housekeeper: Housekeeper
    private let ledger: any QuotaLedger
    /// nil: this manager is alone.
    private nonisolated let cluster: ClusterNode?
    private let scheduler: Scheduler
    private let follower: Follower
    private nonisolated let deliverers: Deliverers
    private var control: ControlServer?

    private let startedAt: Double
    private var loadedAt: Double
    private var lastReload: String?
    /// The newest reload, done or not.
    private var reloading: Task<ControlResponse, Never>?

    /// Builds everything from the configuration; nothing runs yet. Throws `StartError`.
    package init(
        configurationPath: String, version: String, environment: [String: String]
    ) throws {
        self.configurationPath = configurationPath
        self.version = version
        self.environment = environment
        notifier = ServiceNotifier(environment: environment)
        logSettings = LogSettings()
        log = logSettings.logger("daemon")

        let setup = try Setup.load(path: configurationPath, environment: environment)
        configuration = setup.configuration
        logSettings.set(level: Logger.Level(setup.configuration.logLevel), json: setup.configuration.logFormat == .json)
        for warning in setup.warnings { log.warning("\(warning)") }

        let clock = clock
        startedAt = clock.boot()
        loadedAt = clock.wall()
        let stateLog = logSettings.logger("state")
        let store = try StartError.wrap { try Store(directory: setup.configuration.stateDirectory, log: stateLog) }
        housekeeper = Housekeeper(
            store: store, pruning: PruningSettings(maxStale: setup.configuration.cache.maxStale), clock: clock)
        let schedulerBell = Doorbell()
        let clusterLog = logSettings.logger("cluster")
        let quota = try StartError.wrap {
            try Quota(
                setup.configuration, key: setup.key, store: store, clock: clock, log: clusterLog,
                onChange: { schedulerBell.ring() })
        }
        let deliverers = Deliverers(store: store, clock: clock, logSettings: logSettings)
        (self.store, ledger, cluster, self.deliverers) = (store, quota.ledger, quota.cluster, deliverers)
        let scheduler = Scheduler(
            Scheduler.Parts(
                store: store, ledger: quota.ledger, shared: quota.shared, clock: clock,
                log: logSettings.logger("scheduler"), onEvents: { deliverers.ring() }),
            client: setup.client(store: store, clock: clock, log: logSettings.logger("abuseipdb")),
            configuration: setup.configuration, doorbell: schedulerBell)
        self.scheduler = scheduler
        follower = Follower(
            settings: setup.configuration.followSettings, selector: AlertSelector(setup.configuration.selection),
            intake: Intake(
                store: store, clock: clock, answeringBy: { scheduler.answerAtOnce($0, $1) },
                onEvents: { deliverers.ring() }, onAccepted: { scheduler.doorbell.ring() }),
            stateDirectory: setup.configuration.stateDirectory, clock: clock, log: logSettings.logger("follower"))
    }

    /// Works until the task is cancelled or `stop` is called, then stops every part.
    package func start() async throws {
        control = try StartError.wrap {
            try ControlServer(path: configuration.controlSocket, log: logSettings.logger("control")) { [weak self] in
                await self?.answer($0) ?? .refused("stopping")
            }
        }
        await deliverers.apply(configuration)
        let (scheduler, follower, housekeeper, cluster) = (scheduler, follower, housekeeper, cluster)
        Task { await housekeeper.run() }
        Task {
            // The first lookups go out when the others are known, or known to be away.
            if let cluster {
                await cluster.beat()
                Task { await cluster.run() }
            }
            await scheduler.run()
        }
        Task { await follower.run() }
        Task { await self.watch() }
        notifier.ready()
        log.notice("vtenrichd \(version) follows \(configuration.alerts.path)")
    }

    package func stop() async {
        notifier.stopping()
        log.notice("stopping")
        await follower.stop()
        await scheduler.stop()
        await cluster?.stop()
        await deliverers.stop()
        await housekeeper.stop()
        control?.close()
        log.notice("stopped; nothing waits that is not in \(configuration.stateDirectory)/state.db")
    }

    /// Ends the process without waiting for its parts: after a crash as after this, everything is in the database.
    package nonisolated func exitNow(_ reason: String) -> Never {
        log.warning("ending at once: \(reason); what waits is in the state database")
        _exit(0)
    }

    // MARK: Reload

    /// Takes a new configuration and key whole, or refuses them whole and keeps the old ones (T45). One after the other, in
    /// the order of the calls: a reload waits for the stages, and two at once would mix their settings (T46).
    @discardableResult
    package func reload() async -> ControlResponse {
        let earlier = reloading
        let task = Task {
            _ = await earlier?.value
            return await reloadNow()
        }
        reloading = task
        return await task.value
    }

    private func reloadNow() async -> ControlResponse {
        notifier.reloading()
        defer { notifier.ready() }
        do {
            let setup = try Setup.load(path: configurationPath, environment: environment)
            let fixed = setup.configuration.needsRestart(comparedTo: configuration)
            guard fixed.isEmpty else {
                throw StartError(
                    .configuration, "\(fixed.joined(separator: ", ")): needs restart, a reload cannot change it")
            }
            for warning in setup.warnings { log.warning("\(warning)") }
            logSettings.set(
                level: Logger.Level(setup.configuration.logLevel), json: setup.configuration.logFormat == .json)
            configuration = setup.configuration
            await deliverers.apply(configuration)
            await cluster?.setKey(setup.key)
            let client = setup.client(store: store, clock: clock, log: logSettings.logger("abuseipdb"))
            await scheduler.reconfigure(configuration, client: client)
            await housekeeper.reconfigure(PruningSettings(maxStale: configuration.cache.maxStale))
            await follower.reconfigure(
                settings: configuration.followSettings, selector: AlertSelector(configuration.selection))
            loadedAt = clock.wall()
            lastReload = "applied"
            log.notice("configuration reloaded")
            return .done("configuration reloaded")
        } catch {
            lastReload = "refused: \(error)"
            log.error("reload refused, the old configuration stays: \(error)")
            return .refused("\(error)")
        }
    }

    // MARK: Control

    private func answer(_ request: ControlRequest) async -> ControlResponse {
        switch request {
        case .status: await status()
        case .reload: await reload()
        case .purge(let what): purge(what)
        case .lookUp(let address, let refresh): await lookUp(address, refresh: refresh)
        }
    }

    private func status() async -> ControlResponse {
        do {
            let builder = StatusBuilder(
                configuration: configuration, configurationPath: configurationPath, version: version,
                now: clock.wall())
            let usage = try await ledger.usage()
            let live = StatusBuilder.Live(
                pid: getpid(), uptime: clock.boot() - startedAt, loadedAt: loadedAt, lastReload: lastReload,
                follower: follower.status(), provider: scheduler.providerStatus, sinks: deliverers.statuses,
                cluster: cluster?.status(),
                problems: housekeeper.problems
                    + (lastReload.flatMap { $0 == "applied" ? nil : "last reload \($0)" }.map { [$0] } ?? []))
            let summary = try store.summary(alertsPath: configuration.alerts.path, now: clock.wall())
            return .status(builder.report(state: summary, usage: usage, live: live))
        } catch {
            return .refused("\(error)")
        }
    }

    private func lookUp(_ text: String, refresh: Bool) async -> ControlResponse {
        guard let address = IPAddress(cleaning: text) else { return .refused("'\(printable(text))' is no IP address") }
        switch await scheduler.lookUp(address, refresh: refresh) {
        case .entry(let entry): return .entry(entry)
        case .refused(let reason): return .refused(reason)
        }
    }

    private func purge(_ what: String) -> ControlResponse {
        guard let purge = Store.Purge(what) else { return .refused("'\(printable(what))' is no address") }
        do {
            return .done("\(try store.purgeAll(purge, now: clock.wall()))")
        } catch {
            return .refused("\(error)")
        }
    }

    // MARK: Watchdog

    /// Pings systemd while every stage answers: one that hangs ends the pings and so the process (T07).
    private func watch() async {
        guard let interval = notifier.watchdogInterval else { return }
        while !Task.isCancelled {
            await follower.beat()
            await scheduler.beat()
            await deliverers.beat()
            notifier.ping()
            try? await Task.sleep(nanoseconds: UInt64(interval * 1e9))
        }
    }
}

extension Configuration {
    /// What of it the follower needs.
    fileprivate var followSettings: FollowSettings {
        FollowSettings(alerts: alerts, maxPending: queue.maxPending)
    }
}
