import Foundation
import Glibc
package import VTEnrich
package import VTEnrichCore

/// Managers that share a key: each with its own alerts, analysisd and daemon, all with one Redis and one VirusTotal. Unchecked: one
/// test's alone.
package final class ClusterSite: @unchecked Sendable {
    package let redis: RedisServer
    package let virusTotal: VirusTotalStandIn
    package let managers: [TemporaryManager]
    package let analysisds: [AnalysisdStandIn]
    // Unchecked: one task at a time.
    package private(set) var daemons: [RunningProgram?]
    /// By alert id, for each node.
    private var written: [[String: Written]]

    private struct Written {
        var address: String
        var agent: Alert.Agent
    }

    package init(
        nodes: Int = 3, redis arguments: [String] = [], virusTotal settings: VirusTotalStandIn.Settings = .init(),
        _ changes: [String: String] = [:]
    ) async throws {
        redis = try await RedisServer(arguments)
        virusTotal = try VirusTotalStandIn(settings)
        managers = try (0..<nodes).map { _ in try TemporaryManager() }
        analysisds = try managers.map { try AnalysisdStandIn(path: $0.socketPath) }
        daemons = managers.map { _ in nil }
        written = managers.map { _ in [:] }
        for manager in managers {
            let own = ["cluster.redis": redis.url, "cluster.nodes": "\(nodes)", "output.analysisd.confirm": "off"]
            try manager.configure(virusTotal: virusTotal.url, own.merging(changes) { $1 })
        }
    }

    package func start(_ index: Int) throws { daemons[index] = try managers[index].start() }

    package func startAll() throws { for index in managers.indices { try start(index) } }

    package func kill(_ index: Int) async throws {
        daemons[index]?.send(SIGKILL)
        _ = try await daemons[index]?.exitStatus()
        daemons[index] = nil
    }

    /// Alerts on one node.
    package func append(_ addresses: [String], of agent: Alert.Agent = TemporaryManager.agent, to index: Int) {
        for address in addresses {
            let id = "1789114831.\(index)\(written[index].count)"
            written[index][id] = Written(address: address, agent: agent)
            managers[index].append(TemporaryManager.alert(id: id, srcip: address, agent: agent))
        }
    }

    package var writtenByNode: [Int] { written.map(\.count) }
    package var receivedByNode: [Int] { analysisds.map(\.receivedCount) }
    package var writtenCount: Int { writtenByNode.reduce(0, +) }
    package var receivedCount: Int { receivedByNode.reduce(0, +) }

    /// What is wrong with the events: missing, doubled, on the wrong node, without a verdict, with another address or in another
    /// agent's name.
    /// - Parameter repeats: how many may have come twice, since a daemon was killed.
    package func faults(repeats: Int = 0) -> [String] {
        var faults: [String] = []
        var doubled = 0
        for (index, analysisd) in analysisds.enumerated() {
            func fault(_ count: Int, _ what: String) {
                if count > 0 { faults.append("node \(index): \(count) \(what)") }
            }
            var missing = written[index]
            let received = analysisd.receivedCount
            let events = analysisd.events
            var (foreign, bare, misplaced, misnamed) = (0, 0, 0, 0)
            for event in events {
                guard let id = event.text("virustotal_ip.source.alert_id") else { continue }
                guard let alert = written[index][id] else {
                    foreign += 1
                    continue
                }
                if missing.removeValue(forKey: id) == nil { doubled += 1 }
                if event.text("virustotal_ip.verdict") == "unenriched" { bare += 1 }
                if event.text("virustotal_ip.source.ip") != alert.address { misplaced += 1 }
                if !Self.isOf(alert.agent, event) { misnamed += 1 }
            }
            fault(missing.count, "alerts are missing")
            fault(received - events.count, "datagrams that are no events")
            fault(foreign, "alerts of others")
            fault(bare, "alerts without a verdict")
            fault(misplaced, "events about another address")
            fault(misnamed, "events in another agent's name")
        }
        if doubled > repeats { faults.append("\(doubled) events twice after \(repeats) kills") }
        return faults
    }

    /// As the decoder finds the agent again; the manager, agent 000, has no name there.
    private static func isOf(_ agent: Alert.Agent, _ event: ReceivedEvent) -> Bool {
        guard event.location == "virustotal_ip" else { return false }
        guard agent.id != "000" else { return event.agentID == "000" && event.agentName == nil }
        return event.agentID == agent.id && event.agentName == agent.name && event.agentAddress == agent.ip ?? "any"
    }

    package func status(_ index: Int) async throws -> StatusReport {
        try StatusReport.read(Data(try await managers[index].run("status", "--json").standardOutput.utf8))
    }

    /// All daemons say that they are well, and together.
    package func isNormal() async throws -> Bool {
        for index in managers.indices {
            let status = try await status(index)
            guard status.health == .healthy, status.cluster?.quota == "shared" else { return false }
        }
        return true
    }

    package var logs: String { managers.map(\.log).joined(separator: "\n") }

    /// Lookups that VirusTotal was asked for more than once.
    package var askedTwice: [String] {
        Dictionary(grouping: virusTotal.requests.map(\.target)) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    }
}
