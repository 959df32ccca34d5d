import Dispatch
import Glibc

/// SIGTERM, SIGINT and SIGHUP as calls on a queue of their own.
///
/// `ignoreDefaults()` comes first in `main`: until a source is registered the default action would kill
/// (`swift-notes.md` §1). Unchecked: the sources are made once and never touched again.
package final class Signals: @unchecked Sendable {
    package enum Signal: Sendable { case terminate, reload }

    private let queue = DispatchQueue(label: "vtenrichd.signals")
    private let sources: [any DispatchSourceSignal]
    /// Left by each source when the kernel knows of it.
    private let registrations: DispatchGroup

    package static func ignoreDefaults() {
        for number in [SIGHUP, SIGTERM, SIGINT, SIGPIPE] { signal(number, SIG_IGN) }
    }

    package nonisolated init(_ handler: @escaping @Sendable (Signal) -> Void) {
        var sources: [any DispatchSourceSignal] = []
        let registrations = DispatchGroup()
        for (number, meaning) in [(SIGTERM, Signal.terminate), (SIGINT, .terminate), (SIGHUP, .reload)] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in handler(meaning) }
            registrations.enter()
            source.setRegistrationHandler { @Sendable in registrations.leave() }
            source.resume()
            sources.append(source)
        }
        self.sources = sources
        self.registrations = registrations
    }

    /// Returns when signals are heard; one that comes before is ignored for ever. Dispatch registers a source a moment after it was
    /// made, a long one on a busy machine.
    package nonisolated func registered() async {
        await withCheckedContinuation { continuation in
            registrations.notify(queue: queue) { @Sendable in continuation.resume() }
        }
    }
}
