import Foundation
import GRDB
import Support
import VTEnrich

/// The daemon on a manager of its own, between stand-ins for VirusTotal and analysisd.
final class Installation: Sendable {
    let manager: TemporaryManager
    let virusTotal: VirusTotalStandIn
    let analysisd: AnalysisdStandIn

    /// Large enough that no test waits for it.
    static let largeQuota = "{per_minute: 100000, per_day: 10000000, per_month: 310000000}"

    /// - Parameters:
    ///   - alerts: content of alerts.json; nil: there is none yet.
    ///   - changes: as for `configure`.
    init(
        alerts: String? = "", _ changes: [String: String] = [:],
        virusTotal settings: VirusTotalStandIn.Settings = .init()
    ) throws {
        manager = try TemporaryManager(alerts: alerts)
        virusTotal = try VirusTotalStandIn(settings)
        analysisd = try AnalysisdStandIn(path: manager.socketPath)
        try configure(changes)
    }

    /// Writes the configuration file: dotted keys over those of the manager and a large quota.
    func configure(_ changes: [String: String] = [:]) throws {
        try manager.configure(
            virusTotal: virusTotal.url, ["virustotal.quota": Self.largeQuota].merging(changes) { $1 })
    }

    /// Starts the daemon and returns when it follows.
    func start(environment: [String: String] = [:]) async throws -> RunningProgram {
        let before = lines(of: "follows")
        let daemon = try manager.start(environment: environment)
        try await eventually("the daemon follows: \(manager.log)") {
            if let status = daemon.status { throw Ended(status: status, log: manager.log) }
            return lines(of: "follows") > before
        }
        return daemon
    }

    struct Ended: Error {
        var status: Int32
        var log: String
    }

    /// How many lines of the log, over all starts, hold this.
    func lines(of text: String) -> Int {
        manager.log.split(separator: "\n").count { $0.contains(text) }
    }

    /// `status --json`, as somebody who watches the daemon reads it. On a busy machine the daemon may miss the half second
    /// that `status` gives it: then it is asked again.
    func status() async throws -> StatusReport {
        while true {
            let output = try await manager.run("status", "--json")
            let report = try StatusReport.read(Data(output.standardOutput.utf8))
            if report.problems != ["the daemon does not answer"] { return report }
        }
    }

    /// SIGTERM, until the process is gone.
    func stop(_ daemon: RunningProgram) async throws -> Int32 {
        daemon.send(SIGTERM)
        return try await daemon.exitStatus()
    }

    /// Another process holds the write lock of the state database until it is released.
    func lockDatabase() async throws -> DatabaseLock {
        try await DatabaseLock(path: manager.statePath + "/state.db")
    }

    /// The ids of the alerts that came out enriched or not, in the order of arrival.
    var receivedIDs: [String] { analysisd.events.compactMap { $0.text("virustotal_ip.source.alert_id") } }

    /// Waits until analysisd has read so many events.
    func received(_ count: Int) async throws {
        try await eventually("\(count) events, had \(analysisd.receivedCount): \(manager.log)") {
            analysisd.receivedCount >= count
        }
    }
}

/// Alerts of a test's own, each with an id and a public address by its number.
enum Alerts {
    static func id(_ number: Int) -> String { "1789114831.\(number)" }

    static func address(_ number: Int) -> String { "45.\(number / 65_536).\(number / 256 % 256).\(number % 256)" }

    static func line(_ number: Int, srcip: String? = nil, level: Int = 5) -> String {
        TemporaryManager.alert(id: id(number), srcip: srcip ?? address(number), level: level)
    }

    /// Lines with their newlines.
    static func text(_ numbers: some Sequence<Int>, srcip: String? = nil) -> String {
        numbers.map { line($0, srcip: srcip) + "\n" }.joined()
    }

    static func ids(_ numbers: some Sequence<Int>) -> Set<String> { Set(numbers.map(id)) }
}

struct DatabaseLock {
    private let database: DatabaseQueue

    init(path: String) async throws {
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(10)
        database = try DatabaseQueue(path: path, configuration: configuration)
        try await database.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    }

    func release() throws {
        try database.close()
    }
}
