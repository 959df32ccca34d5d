import Foundation
import GRDB
import Support
import VTEnrich

/// An installation whose writer keeps a ledger, for faults that the daemon must survive: what comes out is compared with
/// what was written.
final class FaultSite {
    let site: Installation
    let writer: AlertsWriter

    var database: String { site.manager.statePath + "/state.db" }

    /// - Parameter changes: of the configuration.
    init(_ changes: [String: String] = [:]) throws {
        // The stand-in's events do not come back as alerts, which `status` would mention.
        site = try Installation(alerts: nil, ["output.analysisd.confirm": "off"].merging(changes) { $1 })
        writer = AlertsWriter(folder: site.manager.folder["logs/alerts"], now: wallSeconds())
    }

    func append(_ count: Int) {
        writer.append(count)
        writer.flush()
    }

    /// Waits until every alert of the ledger has come out.
    func drained(within seconds: Double = 60) async throws {
        do {
            try await eventually("all alerts come out", within: seconds) {
                site.analysisd.receivedCount >= writer.ledger.all.count && report.missing.isEmpty
            }
        } catch {
            throw NotDrained(report: report, log: site.manager.log)
        }
    }

    struct NotHealthy: Error {
        var problems: [String]
        var log: String
    }

    struct NotDrained: Error {
        var report: Ledger.Report
        var log: String
    }

    /// Lookups go out side by side, so order says nothing here.
    var report: Ledger.Report {
        var report = writer.ledger.compare(site.receivedIDs)
        report.outOfOrder = []
        return report
    }

    /// What `PRAGMA integrity_check` says, of a state that no daemon uses.
    func integrity() throws -> String? {
        let queue = try DatabaseQueue(path: database)
        defer { try? queue.close() }
        return try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    }

    /// Databases that a start put aside.
    var putAside: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: site.manager.statePath)) ?? []
        return names.filter { $0.hasPrefix("state.db.corrupt-") }
    }

    /// Waits until the daemon says in `status` that something with this text is wrong.
    func problem(_ text: String) async throws {
        try await eventually("status says '\(text)'", within: 60) {
            try await site.status().problems.contains { $0.contains(text) }
        }
    }

    func healthy() async throws {
        var problems: [String] = []
        do {
            try await eventually("healthy", within: 60) {
                let status = try await site.status()
                problems = status.problems
                return status.health == .healthy
            }
        } catch {
            throw NotHealthy(problems: problems, log: site.manager.log)
        }
    }
}
