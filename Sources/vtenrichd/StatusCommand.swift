import ArgumentParser
import Foundation
import Glibc
import VTEnrich

/// `vtenrichd status`: does it work, what waits, what was lost.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show health, follower, queue, quota, cache, provider and outputs.",
        discussion: """
            Answers within a second, from the running daemon or, when it is stopped or hangs, from its database. Exits with 0
            when healthy, 1 degraded, 2 failing, 3 not running, 77 when you may not read it.
            """)

    @OptionGroup var shared: SharedOptions
    @Flag(help: "Print one JSON document.") var json = false
    @Flag(help: "Show it again every two seconds until interrupted.") var watch = false

    func run() async throws {
        let configuration = shared.settingsOfRunningDaemon()
        // The socket is asked as who we are; the database is read as its owner.
        while watch {
            let (report, _) = try StatusSource.report(configuration, path: shared.path)
            print("\u{1B}[H\u{1B}[2J" + StatusText.render(report))
            fflush(nil)
            try await Task.sleep(nanoseconds: 2_000_000_000)
        }
        let (report, code) = try StatusSource.report(configuration, path: shared.path)
        if json {
            print(String(decoding: try report.json(), as: UTF8.self))
        } else {
            print(StatusText.render(report))
        }
        throw ExitCode(code)
    }
}

/// Where the report comes from.
enum StatusSource {
    /// The report and the exit code that goes with it.
    static func report(_ configuration: Configuration, path: String) throws -> (StatusReport, Int32) {
        switch ControlClient.send(.status, to: configuration.controlSocket, patience: 0.5) {
        case .answer(.status(let report)): return (report, code(report.health))
        case .answer(.done(let text)), .answer(.refused(let text)):
            return try offline(configuration, path, problem: text)
        case .answer: return try offline(configuration, path, problem: "the daemon's answer was not understood")
        case .notAllowed:
            writeError(
                "\(configuration.controlSocket): permission denied (run it as root or in the group of the service)")
            throw ExitCode(77)
        case .notRunning: return try offline(configuration, path, problem: nil)
        case .hanging: return try offline(configuration, path, problem: "the daemon does not answer")
        }
    }

    private static func offline(
        _ configuration: Configuration, _ path: String, problem: String?
    ) throws -> (StatusReport, Int32) {
        try StateAccess.becomeOwner(of: configuration.stateDirectory)
        let store = try StateAccess.open(configuration, denied: 77)
        let clock = Clock.system
        let holder = Store.runningDaemon(directory: configuration.stateDirectory)
        let builder = StatusBuilder(
            configuration: configuration, configurationPath: path, version: Vtenrichd.version, now: clock.wall())
        var report = builder.report(
            state: try store?.summary(alertsPath: configuration.alerts.path, now: clock.wall()),
            usage: try store.map {
                try LocalQuotaLedger.usage(
                    of: $0, wall: clock.wall(), boot: clock.boot(), limits: configuration.virusTotal.quota)
            }, live: nil)
        guard let holder else { return (report, 3) }
        report.health = .failing
        report.pid = holder > 0 ? Int(holder) : nil
        report.problems = [problem ?? "the daemon runs but does not listen at \(configuration.controlSocket)"]
        return (report, 2)
    }

    private static func code(_ health: StatusReport.Health) -> Int32 {
        switch health {
        case .healthy: 0
        case .degraded: 1
        case .failing: 2
        case .stopped: 3
        }
    }
}
