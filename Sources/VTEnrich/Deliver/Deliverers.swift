import Logging
import Synchronization

/// The deliverers of the configured sinks: started, changed and stopped as the configuration says.
package final class Deliverers: Sendable {
    private let store: Store
    private let clock: Clock
    private let logSettings: LogSettings
    private let running = Mutex<[String: Deliverer]>([:])
    private let outputs: OutputDeliverers

    package init(store: Store, clock: Clock, logSettings: LogSettings) {
        self.store = store
        self.clock = clock
        self.logSettings = logSettings
        outputs = OutputDeliverers(store: store, clock: clock, logSettings: logSettings)
    }

    /// A sink that is configured no longer stops; its events stay in the outbox until it is again.
    package func apply(_ configuration: Configuration) async {
        let targets = Self.targets(configuration)
        for (sink, deliverer) in running.withLock({ $0 }) where targets[sink] == nil {
            await deliverer.stop()
            running.withLock { $0[sink] = nil }
        }
        for (sink, target) in targets {
            if let deliverer = running.withLock({ $0[sink] }) {
                await deliverer.reconfigure(target)
            } else {
                let deliverer = Deliverer(
                    sink: sink, store: store, target: target, clock: clock, log: logSettings.logger("deliverer"))
                running.withLock { $0[sink] = deliverer }
                Task { await deliverer.run() }
            }
        }
        await outputs.apply(configuration.outputs)
    }

    package func ring() {
        for deliverer in all { deliverer.doorbell.ring() }
        outputs.ring()
    }

    package func stop() async {
        for deliverer in all { await deliverer.stop() }
        await outputs.stop()
    }

    package func beat() async {
        for deliverer in all { await deliverer.beat() }
        await outputs.beat()
    }

    package var statuses: [String: SinkStatus] {
        running.withLock { $0 }.mapValues(\.sinkStatus).merging(outputs.statuses) { sink, _ in sink }
    }

    private var all: [Deliverer] { running.withLock { Array($0.values) } }

    private static func targets(_ configuration: Configuration) -> [String: Deliverer.Target] {
        var targets: [String: Deliverer.Target] = [:]
        if let analysisd = configuration.analysisd {
            targets["analysisd"] = .analysisd(
                socket: analysisd.socket, maxPerSecond: analysisd.maxPerSecond,
                confirmation: analysisd.confirm == .off
                    ? nil : .init(after: analysisd.confirmAfter, always: analysisd.confirm == .on))
        }
        if let path = configuration.outputFile { targets["file"] = .file(path: path) }
        return targets
    }
}
