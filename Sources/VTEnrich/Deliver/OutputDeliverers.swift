import Logging
import Synchronization

/// The deliverers of `outputs`: started, changed and stopped as the configuration says. Reads the secrets.
final class OutputDeliverers: Sendable {
    private let store: Store
    private let clock: Clock
    private let logSettings: LogSettings
    private let running = Mutex<[String: OutputDeliverer]>([:])

    init(store: Store, clock: Clock, logSettings: LogSettings) {
        self.store = store
        self.clock = clock
        self.logSettings = logSettings
    }

    /// An output that is configured no longer stops; what waits for it stays until it is again. One whose secret or template
    /// cannot be used stands still and says so: that is no reason to hold up anything else.
    func apply(_ outputs: [OutputSettings]) async {
        let names = Set(outputs.map(\.name))
        for (name, deliverer) in running.withLock({ $0 }) where !names.contains(name) {
            await deliverer.stop()
            running.withLock { $0[name] = nil }
        }
        for output in outputs {
            let channel = Result { () throws(SecretError) in try output.channel(secret: try output.loadSecret()) }
            if let deliverer = running.withLock({ $0[output.name] }) {
                await deliverer.reconfigure(output, channel: channel)
            } else {
                let deliverer = OutputDeliverer(
                    output, channel: channel, store: store, clock: clock, log: logSettings.logger("output"))
                running.withLock { $0[output.name] = deliverer }
                Task { await deliverer.run() }
            }
        }
    }

    func ring() {
        for deliverer in all { deliverer.doorbell.ring() }
    }

    func stop() async {
        for deliverer in all { await deliverer.stop() }
    }

    func beat() async {
        for deliverer in all { await deliverer.beat() }
    }

    var statuses: [String: SinkStatus] { running.withLock { $0 }.mapValues(\.sinkStatus) }

    private var all: [OutputDeliverer] { running.withLock { Array($0.values) } }
}
