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
            Answers within a second, from the running daemon or, when it is stopped or hangs, from its database. Exits \
            with 0 when healthy, 1 degraded, 2 failing, 3 not running, 77 when you may not read it.
            """)

    @OptionGroup var shared: SharedOptions
    @Flag(help: "Print one JSON document.") var json = false
    @Flag(help: "Show it again every two seconds, with rates, until q or Ctrl-C.") var watch = false
    @Flag(help: "Print the metrics of node_exporter's textfile collector.") var prometheus = false

    func validate() throws {
        guard [json, watch, prometheus].count(where: { $0 }) < 2 else {
            throw ValidationError("Give one of --json, --watch and --prometheus.")
        }
    }

    func run() async throws {
        let configuration = shared.settingsOfRunningDaemon()
        do {
            if watch {
                return try StatusWatch { try StatusSource.report(configuration, path: shared.path).0 }.run()
            }
            let (report, code) = try StatusSource.report(configuration, path: shared.path)
            print(try text(of: report))
            throw ExitCode(code)
        } catch let denied as StatusSource.Denied {
            writeError(denied.reason)
            if json { print(terminalSafe(json: try denied.json(path: shared.path))) }
            throw ExitCode(77)
        }
    }

    private func text(of report: StatusReport) throws -> String {
        let now = Clock.system.wall()
        if json { return terminalSafe(json: String(decoding: try report.json(), as: UTF8.self)) }
        // The page ends in a line feed of its own.
        if prometheus { return String(report.metrics(now: now).dropLast()) }
        return StatusText.render(report, on: .standardOutput, now: now)
    }
}

/// Where the report comes from.
enum StatusSource {
    /// Who asks may neither speak with the daemon nor read its database.
    struct Denied: Error {
        var reason: String

        /// What a program that reads `--json` gets: nothing is known but why.
        func json(path: String) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(Document(path: path, reason: reason)), as: UTF8.self)
        }

        private struct Document: Encodable {
            @OrNull var health: String?
            var version = Vtenrichd.version
            var config: [String: String]
            var problems: [String]

            init(path: String, reason: String) {
                config = ["path": path]
                problems = [reason]
            }
        }
    }

    /// The report and the exit code that goes with it.
    static func report(_ configuration: Configuration, path: String) throws(Denied) -> (StatusReport, Int32) {
        let socket = configuration.controlSocket
        switch ControlClient.send(.status, to: socket, patience: 0.5) {
        case .answer(.status(let report)): return (report, code(report.health))
        case .answer(.done(let text)), .answer(.refused(let text)):
            return try offline(configuration, path, problem: text)
        case .answer: return try offline(configuration, path, problem: "the daemon's answer was not understood")
        case .notAllowed:
            throw Denied(reason: "\(socket): permission denied (run it as root or in the group of the service)")
        case .notRunning: return try offline(configuration, path, problem: nil)
        case .hanging: return try offline(configuration, path, problem: "the daemon does not answer")
        }
    }

    /// From the database, which is read as its owner.
    private static func offline(
        _ configuration: Configuration, _ path: String, problem: String?
    ) throws(Denied) -> (StatusReport, Int32) {
        let directory = configuration.stateDirectory
        let clock = Clock.system
        let builder = StatusBuilder(
            configuration: configuration, configurationPath: path, version: Vtenrichd.version, now: clock.wall())
        var report = builder.report(state: nil, usage: nil, live: nil)
        var problems: [String] = []
        do throws(StoreError) {
            try StateAccess.takeOwner(of: directory)
            if let store = try Store.inspect(directory: directory) {
                report = builder.report(
                    state: try store.summary(alertsPath: configuration.alerts.path, now: clock.wall()),
                    usage: try LocalQuotaLedger.usage(
                        of: store, wall: clock.wall(), boot: clock.boot(), limits: configuration.virusTotal.quota),
                    live: nil)
            } else {
                problems = ["there is no state in \(directory): it has never run"]
            }
        } catch {
            guard error.kind != .inaccessible else { throw Denied(reason: error.description) }
            problems = [error.description]
        }
        let holder = Store.runningDaemon(directory: directory)
        if let holder {
            report.health = .failing
            report.pid = holder > 0 ? Int(holder) : nil
            problems.insert(
                problem ?? "the daemon runs but does not listen at \(configuration.controlSocket)", at: 0)
        }
        report.problems = problems
        return (report, code(report.health))
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
