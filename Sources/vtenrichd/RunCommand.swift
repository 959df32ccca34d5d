import ArgumentParser
import Foundation
import Glibc
import Synchronization
import VTEnrich

/// `vtenrichd run`: the service itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the service: follow, filter, look up, send.",
        discussion: """
            Logs to standard error. SIGHUP reloads configuration and key, SIGTERM and SIGINT stop it within 5 seconds. \
            Exits with 0 after a stop, 78 for a configuration that cannot be used, 1 for anything else that ends it.
            """)

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        Heap.limit()
        Signals.ignoreDefaults()
        let told = Doorbell()
        let daemon: Daemon
        let signals: Signals
        do {
            daemon = try Daemon(
                configurationPath: shared.path, version: Vtenrichd.version,
                environment: ProcessInfo.processInfo.environment)
            // Before anybody is told that it follows: until then a signal is ignored.
            signals = Self.listen(for: daemon, told)
            await signals.registered()
            try await daemon.start()
        } catch let error as StartError {
            writeError(error.description)
            throw ExitCode(error.kind.rawValue)
        }
        await told.wait(atMost: nil)
        Self.exitSoon(daemon)
        await daemon.stop()
        // The second signal is heard until the end.
        withExtendedLifetime(signals) {}
        throw ExitCode(0)
    }

    /// The first SIGTERM or SIGINT rings; the second one ends the process at once (T03).
    private static func listen(for daemon: Daemon, _ told: Doorbell) -> Signals {
        let asked = Mutex(false)
        let reloads = ReloadRequests(daemon)
        return Signals { signal in
            switch signal {
            case .reload: reloads.add()
            case .terminate:
                let isSecond = asked.withLock { asked in
                    defer { asked = true }
                    return asked
                }
                if isSecond { daemon.exitNow("a second signal") }
                told.ring()
            }
        }
    }

    /// Everything that matters is in the database: a stage that does not stop in time loses nothing (contract §1, 5 s).
    private static func exitSoon(_ daemon: Daemon) {
        DispatchQueue.global().asyncAfter(deadline: .now() + 4) { @Sendable in
            daemon.exitNow("a part did not stop within 4 s")
        }
    }
}

/// SIGHUPs one after another: those that arrive during a reload make one more (T46).
private final class ReloadRequests: Sendable {
    private let doorbell = Doorbell()

    init(_ daemon: Daemon) {
        let doorbell = doorbell
        Task {
            while true {
                await doorbell.wait(atMost: nil)
                await daemon.reload()
            }
        }
    }

    func add() { doorbell.ring() }
}
