import Logging
package import VTEnrichCore

/// Lookups on the state of a daemon that does not run: its cache, ledger and scheduler, for people alone. Holds the state's lock
/// as long as it lives, so that no daemon starts beside it.
package final class LookupDesk: Sendable {
    private let scheduler: Scheduler

    /// Throws `StoreError` when there is no state yet or somebody else uses it.
    package init(_ configuration: Configuration, key: APIKey?) throws(StoreError) {
        guard try Store.inspect(directory: configuration.stateDirectory) != nil else {
            throw StoreError(
                .inaccessible, "\(configuration.stateDirectory) holds no state yet: start the daemon once, then look up"
            )
        }
        let store = try Store(directory: configuration.stateDirectory)
        let clock = Clock.system
        let bell = Doorbell()
        let log = Logger(label: "lookup") { _ in SwiftLogNoOpLogHandler() }
        let quota = try Quota(configuration, key: key, store: store, clock: clock, log: log) { bell.ring() }
        scheduler = Scheduler(
            Scheduler.Parts(
                store: store, ledger: quota.ledger, shared: quota.shared, clock: clock, log: log),
            client: key.map {
                CompletedClient.make(
                    configuration, key: $0, abuseKey: configuration.loadAbuseKey().key, store: store, clock: clock,
                    log: log)
            },
            configuration: configuration, servesQueue: false, doorbell: bell)
        let scheduler = scheduler
        Task {
            await quota.cluster?.beat()
            Task { await quota.cluster?.run() }
            await scheduler.run()
        }
    }

    package func lookUp(_ address: IPAddress, refresh: Bool) async -> ManualAnswer {
        await scheduler.lookUp(address, refresh: refresh)
    }
}
