import Foundation
import Support
import Testing
import VTEnrich

/// One request for an address, four in any minute, whatever happens to the process.
struct LookupTests {
    @Test func `T36 a thousand alerts of one address, before, during and after its lookup, cost one request`()
        async throws
    {
        let address = "45.9.148.1"
        var settings = VirusTotalStandIn.Settings()
        settings.latency = 0.5
        let site = try Installation(alerts: Alerts.text(1...1_000, srcip: address), virusTotal: settings)
        let daemon = try await site.start()
        try await eventually("the lookup runs") { !site.virusTotal.requests.isEmpty }
        site.manager.append(Alerts.line(1_001, srcip: address))
        try await site.received(1_001)
        site.manager.append(Alerts.line(1_002, srcip: address))
        try await site.received(1_002)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.virusTotal.requests.count == 1)
        #expect(Set(site.receivedIDs) == Alerts.ids(1...1_002) && site.receivedIDs.count == 1_002)
    }

    @Test func `T33 T34 kills give no new tokens, and loopback is not proxied`() async throws {
        let proxy = try LoopbackServer { _ in }
        let proxyURL = "http://127.0.0.1:\(proxy.port)"
        let environment = Dictionary(
            uniqueKeysWithValues: ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"].map { ($0, proxyURL) })
        // Patient, so that a slow machine sees no second try of a silent request.
        let site = try Installation(
            alerts: Alerts.text([1]),
            ["virustotal.quota": "{per_minute: 4, per_day: 500}", "virustotal.timeout": "5m"])
        // Killed while each of the first three requests is on its way.
        site.virusTotal.answerAll(with: Reply(200).with(.silence))
        for number in 1...3 {
            let daemon = try await site.start(environment: environment)
            try await eventually("request \(number)") { site.virusTotal.requests.count == number }
            daemon.send(SIGKILL)
            #expect(try await daemon.exitStatus() == -SIGKILL)
        }
        site.virusTotal.answerAll(with: nil)
        site.manager.append(Alerts.text(2...9).trimmingCharacters(in: .newlines))
        for _ in 1...3 {
            let daemon = try await site.start(environment: environment)
            try await site.received(1)
            try await eventually("the rest waits for tokens") {
                let status = try await site.status()
                return status.queue.pending == 8 && status.quota.minute.used == 4 && status.quota.day.used == 4
            }
            daemon.send(SIGKILL)
            _ = try await daemon.exitStatus()
        }
        #expect(site.virusTotal.mostRequests(inAny: 60) == 4)
        #expect(site.analysisd.receivedCount == 1)
        #expect(proxy.connectionCount == 0)
    }
}
