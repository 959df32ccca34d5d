import Support
import Testing
import VTEnrich
import VTEnrichCore

@Suite struct `VirusTotal stand-in` {
    @Test func `it allows four a minute and then refuses as the real one does`() async throws {
        var settings = VirusTotalStandIn.Settings()
        settings.perMinute = 4
        let server = try VirusTotalStandIn(settings)
        let client = try VirusTotalClient(url: server.url)
        for last in 1...4 { #expect(try await client.lookUp("9.9.9.\(last)").failure == nil) }
        #expect(try await client.lookUp("9.9.9.5").failure?.action == .wait(retryAfter: nil))
        #expect(server.mostRequests(inAny: 60) == 5)
    }

    @Test func `it counts the day, and its counters are free`() async throws {
        var settings = VirusTotalStandIn.Settings()
        settings.perDay = 2
        let server = try VirusTotalStandIn(settings)
        let client = try VirusTotalClient(url: server.url) { $0.user = "me" }
        for _ in 1...3 { _ = try await client.lookUp("9.9.9.9") }
        #expect(server.requests.map(\.status) == [200, 200, 429])
        #expect(
            await client.serverQuota().value == ServerQuota(dayUsed: 2, dayAllowed: 2, monthUsed: 3, monthAllowed: 62))
    }

    @Test func `it wants a key, and the right one where told`() async throws {
        var settings = VirusTotalStandIn.Settings()
        settings.key = "right"
        let server = try VirusTotalStandIn(settings)
        #expect(try await VirusTotalClient(url: server.url, key: "wrong").lookUp("9.9.9.9").failure?.action == .stop)
        #expect(try await VirusTotalClient(url: server.url, key: "right").lookUp("9.9.9.9").failure == nil)
    }

    @Test func `its answers depend on the address alone and are of every kind`() {
        let kinds = (0...255).map { VirusTotalSample("198.18.0.\($0)").kind }
        #expect(kinds == (0...255).map { VirusTotalSample("198.18.0.\($0)").kind })
        for kind in [VirusTotalSample.Kind.malicious, .suspicious, .unknown, .notFound] {
            #expect(kinds.contains(kind))
        }
    }
}
