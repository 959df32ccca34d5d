import Foundation
import Support
import Testing
import VTEnrich

/// What the daemon is for, on alerts as a real analysisd wrote them.
struct RealAlertsTests {
    /// An event that an alert asks for, found without any of the daemon's code.
    private struct Wanted: Hashable {
        var alertID: String
        var rule: String
        var address: String
        var agentID: String
        var agentName: String?
        var agentAddress: String?
        var fullLog: String?
    }

    @Test func `every alert with a public source gives one event in its agent's name, and each address one lookup`()
        async throws
    {
        let text = try await Self.sample()
        let wanted = text.split(separator: "\n").compactMap(Self.wanted)
        let addresses = Set(wanted.map(\.address))
        try #require(wanted.count > 250 && addresses.count > 100 && wanted.contains { $0.agentName == "edge:fw|1" })

        let site = try Installation(alerts: text, ["filters": "[{level: 3}]"])
        site.analysisd.change { $0.alertsPath = site.manager.alertsPath }
        let daemon = try await site.start()
        try await site.received(wanted.count)
        // The daemon has read back the alerts that its own events became, and made nothing of them.
        try await eventually("our own events were read", within: 60) {
            try await site.status().follower.ownEvents >= wanted.count
        }
        #expect(try await site.stop(daemon) == 0)

        let events = site.analysisd.events
        #expect(events.count == site.analysisd.receivedCount)
        #expect(events.allSatisfy { $0.json != nil && $0.queue == "1" && $0.location == "virustotal_ip" })
        #expect(Self.counts(events.map(Self.seen)) == Self.counts(wanted))
        let lookups = site.virusTotal.requests.map(\.target)
        #expect(Self.counts(lookups) == Self.counts(addresses.map { "/api/v3/ip_addresses/\($0)" }))
        let status = try await site.status()
        #expect(status.follower.ownEvents == wanted.count && status.follower.malformed == 0)
        #expect(status.output["analysisd"]?.confirmed == wanted.count)
    }

    private static func sample() async throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../demo/sample-alerts.json.gz").standardized
        return try await Program(at: "/bin/gzip").run(["-dc", file.path]).standardOutput
    }

    private static func wanted(_ line: Substring) -> Wanted? {
        guard let alert = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any],
            let rule = alert["rule"] as? [String: Any], let data = alert["data"] as? [String: Any],
            let address = ["srcip", "src_ip", "src_host"].compactMap({ data[$0] as? String }).first(where: isPublic),
            let agent = alert["agent"] as? [String: String]
        else { return nil }
        let isManager = agent["id"] == "000"
        return Wanted(
            alertID: alert["id"] as? String ?? "", rule: rule["id"] as? String ?? "", address: address,
            agentID: agent["id"] ?? "", agentName: isManager ? nil : agent["name"],
            agentAddress: isManager ? nil : agent["ip"] ?? "any", fullLog: alert["full_log"] as? String)
    }

    private static func seen(_ event: ReceivedEvent) -> Wanted {
        Wanted(
            alertID: event.text("virustotal_ip.source.alert_id") ?? "",
            rule: event.text("virustotal_ip.source.rule") ?? "", address: event.text("srcip") ?? "",
            agentID: event.agentID, agentName: event.agentName, agentAddress: event.agentAddress,
            fullLog: event.text("original_full_log"))
    }

    /// The sample has IPv4 addresses only.
    private static func isPublic(_ text: String) -> Bool {
        let octets = text.split(separator: ".").compactMap { UInt8($0) }
        guard octets.count == 4 else { return false }
        switch (octets[0], octets[1]) {
        case (0, _), (10, _), (127, _), (224..., _), (169, 254), (172, 16...31), (192, 168), (100, 64...127):
            return false
        default: return true
        }
    }

    private static func counts<Element: Hashable>(_ elements: some Sequence<Element>) -> [Element: Int] {
        elements.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
