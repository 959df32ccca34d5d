import Foundation
import GRDB
import Synchronization
package import VTEnrich

/// A manager at work for as long as a proof takes: the busy writer, stand-ins for VirusTotal and analysisd, the rules that
/// turn the daemon's events into alerts, the daemon itself, and everything that must be counted.
package final class LoadedManager: Sendable {
    package let manager: TemporaryManager
    package let virusTotal: VirusTotalStandIn
    package let analysisd: AnalysisdStandIn
    package let writer: BusyWriter
    package let receipts = Receipts()
    package let watch = ProcessWatch()
    private let daemon = Mutex<RunningProgram?>(nil)
    private let killed = Mutex(0)

    /// Large enough that nothing waits for it.
    private static let quota = "{per_minute: 100000, per_day: 10000000, per_month: 310000000}"

    /// - Parameters:
    ///   - addresses: how many sources the alerts have.
    ///   - changes: dotted keys of the configuration, as for `TemporaryManager.configure`.
    package init(addresses: Int = 50, _ changes: [String: String] = [:]) async throws {
        manager = try TemporaryManager(alerts: nil)
        virusTotal = try VirusTotalStandIn()
        writer = BusyWriter(folder: manager.folder["logs/alerts"], daysAgo: 40, addresses: addresses)
        var settings = AnalysisdStandIn.Settings()
        settings.keepsDatagrams = false
        settings.onDatagram = { [receipts, writer] datagram in
            guard let eventID = receipts.take(datagram) else { return }
            writer.giveBack(Self.alert(of: eventID))
        }
        analysisd = try AnalysisdStandIn(path: manager.socketPath, settings)
        let own = ["virustotal.quota": Self.quota, "alerts.max_catchup_age": "60d"]
        try manager.configure(virusTotal: virusTotal.url, own.merging(changes) { $1 })
        Task { [writer] in await writer.run() }
    }

    /// What the rules make of an event, as far as the daemon looks at it; `WazuhAlert` has all of it and takes its time.
    private static func alert(of eventID: String) -> [UInt8] {
        Array(
            """
            {"timestamp":"2026-11-21T12:41:18.157+0000","rule":{"level":3,"description":"VirusTotal","id":"199903",\
            "groups":["virustotal","vt_ip"]},"manager":{"name":"manager"},"id":"1789114832.1","decoder":{"name":"json"},\
            "data":{"integration":"virustotal_ip","virustotal_ip":{"id":"\(eventID)"}},"location":"virustotal_ip"}\n
            """.utf8)
    }

    deinit {
        Task { [writer] in await writer.stop() }
    }

    package var ledger: Ledger { writer.ledger }
    /// SIGKILLs so far.
    package var kills: Int { killed.withLock { $0 } }

    // MARK: The daemon

    /// - Parameter command: what to run in place of the daemon, which ends in running it.
    package func start(_ command: (path: String, arguments: [String])? = nil) throws {
        let running =
            try command.map {
                try Program(at: $0.path).start(
                    $0.arguments, output: manager.folder["vtenrichd.out"], errors: manager.logPath)
            } ?? manager.start()
        daemon.withLock { $0 = running }
        watch.follow(running.processID)
    }

    /// The first start, until it took the first alert: before that nothing is noted, and a start takes the file of its
    /// moment (F01).
    package func begin(_ command: (path: String, arguments: [String])? = nil, perSecond rate: Double) async throws {
        try start(command)
        await writer.write(perSecond: rate)
        try await eventually("the first event: \(manager.log)", within: 120) { receipts.count > 0 }
    }

    package var running: RunningProgram? { daemon.withLock { $0 } }

    package func signal(_ signal: Int32) { running?.send(signal) }

    package func kill() async throws {
        watch.follow(nil)
        signal(SIGKILL)
        _ = try await running?.exitStatus()
        daemon.withLock { $0 = nil }
        killed.withLock { $0 += 1 }
    }

    /// SIGTERM; anything but an orderly end is an error.
    package func stop() async throws {
        watch.follow(nil)
        signal(SIGTERM)
        guard let status = try await running?.exitStatus() else { return }
        daemon.withLock { $0 = nil }
        guard status == 0 else { throw Broken("the daemon ended with \(status) after SIGTERM: \(manager.log)") }
    }

    package struct Broken: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    package func status() async throws -> StatusReport {
        try StatusReport.read(Data(try await manager.run("status", "--json").standardOutput.utf8))
    }

    // MARK: The end

    /// The writer falls silent; returns when the daemon has nothing left to do, or nothing came for a long time.
    package func drain(within seconds: Double = 600, patience: Double = 60) async throws {
        await writer.write(perSecond: 0)
        let deadline = monotonicSeconds() + seconds
        var progress = (receipts.count, monotonicSeconds())
        while true {
            if receipts.distinctCount >= ledger.completeCount, try await isIdle() { return }
            let now = monotonicSeconds()
            if receipts.count != progress.0 { progress = (receipts.count, now) }
            // What is missing then, the ledger tells.
            guard now < deadline, now - progress.1 < patience else { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// The last events came back, too: every number is final.
    private func isIdle() async throws -> Bool {
        let (status, fed) = (try await status(), await writer.fed)
        return status.follower.lagBytes == 0 && status.queue.pending == 0
            && status.output["analysisd"]?.waiting == 0 && status.follower.ownEvents >= fed
    }

    /// `PRAGMA integrity_check` on a copy, as the daemon left it: its own start must find the log of the dead one.
    package func integrity() async throws -> String {
        let folder = try TemporaryFolder()
        for name in ["state.db", "state.db-wal"] where FileManager.default.fileExists(atPath: statePath(name)) {
            try FileManager.default.copyItem(atPath: statePath(name), toPath: folder[name])
        }
        guard FileManager.default.fileExists(atPath: folder["state.db"]) else { return "ok" }
        let database = try DatabaseQueue(path: folder["state.db"])
        return try await database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") ?? "no answer" }
    }

    private func statePath(_ name: String) -> String { "\(manager.statePath)/\(name)" }
}
