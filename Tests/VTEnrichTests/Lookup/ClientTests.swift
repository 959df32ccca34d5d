import Support
import Testing
import VTEnrich
import VTEnrichCore

/// The client against a stand-in that behaves.
@Suite struct `VirusTotal client` {
    @Test func `a lookup gives the facts of the answer`() async throws {
        let server = try VirusTotalStandIn()
        let answer = try await VirusTotalClient(url: server.url).lookUp(testAddress)
        let sample = VirusTotalSample(testAddress)
        guard case .found(let facts)? = answer.value else {
            Issue.record("no facts: \(answer)")
            return
        }
        #expect(facts.stats.malicious == sample.malicious)
        #expect(facts.stats.total == sample.malicious + sample.suspicious + sample.harmless + sample.undetected)
        #expect(facts.network == "64.62.197.0/24")
    }

    @Test func `a request carries the key in a header and nowhere else`() async throws {
        let server = try VirusTotalStandIn()
        _ = try await VirusTotalClient(url: server.url).lookUp(testAddress)
        let request = try #require(server.requests.first)
        #expect(request.target == "/api/v3/ip_addresses/64.62.197.132")
        #expect(request.headerNames == ["host", "user-agent", "accept", "accept-encoding", "x-apikey"])
        #expect(request.userAgent == "vtenrichd/\(Version.text)")
    }

    @Test func `an IPv6 address keeps its colons, and its answer may spell it otherwise`() async throws {
        let server = try VirusTotalStandIn()
        server.answer(
            "2001:4860:4860::8888",
            with: .address("2001:4860:4860:0:0:0:0:8888", attributes: ["last_analysis_stats": ["harmless": 60]]))
        let answer = try await VirusTotalClient(url: server.url).lookUp("2001:4860:4860::8888")
        #expect(answer.failure == nil)
        #expect(server.requests.first?.target == "/api/v3/ip_addresses/2001:4860:4860::8888")
    }

    @Test func `a compressed answer is decoded`() async throws {
        let server = try VirusTotalStandIn()
        var reply = Reply.address(testAddress, attributes: ["last_analysis_stats": ["harmless": 60]])
        reply.body = gzip(reply.body)
        reply.headers["content-encoding"] = "gzip"
        server.answer(testAddress, with: reply)
        #expect(try await VirusTotalClient(url: server.url).lookUp(testAddress).failure == nil)
    }

    @Test func `T30 no record and a refused address are answers`() async throws {
        let server = try VirusTotalStandIn()
        server.answer(testAddress, with: .error(404, "NotFoundError"), .error(400, "InvalidArgumentError"))
        let client = try VirusTotalClient(url: server.url)
        #expect(try await client.lookUp(testAddress).value == .notFound)
        #expect(try await client.lookUp(testAddress).value == .invalid)
    }

    @Test func `the pivot counts files, unresolved ones as weak`() async throws {
        let server = try VirusTotalStandIn()
        let address = try #require(IPAddress(testAddress))
        let facts = try await VirusTotalClient(url: server.url).communicatingFiles(address).value
        let sample = VirusTotalSample(testAddress)
        #expect(facts == PivotFacts(totalFiles: sample.files, strongFiles: sample.strongFiles))
        #expect(server.requests.map(\.target) == ["/api/v3/ip_addresses/64.62.197.132/communicating_files?limit=10"])
    }

    @Test func `a pivot that the key may not make is told from a rejected key`() async throws {
        let server = try VirusTotalStandIn()
        server.answerAll(with: .error(403, "ForbiddenError"))
        let client = try VirusTotalClient(url: server.url) { $0.user = "someone" }
        let address = try #require(IPAddress(testAddress))
        #expect(await client.communicatingFiles(address).failure?.action == .notPermitted)
        #expect(await client.serverQuota().failure?.action == .notPermitted)
        #expect(await client.lookUp(address).failure?.action == .stop)
    }

    @Test func `the quota counters are those of the user, whose name cannot leave its path segment`() async throws {
        var settings = VirusTotalStandIn.Settings()
        settings.perDay = 500
        let server = try VirusTotalStandIn(settings)
        let client = try VirusTotalClient(url: server.url) { $0.user = "../a b/ü?x" }
        _ = try await client.lookUp(testAddress)
        let quota = await client.serverQuota()
        #expect(quota.value == ServerQuota(dayUsed: 1, dayAllowed: 500, monthUsed: 1, monthAllowed: 15_500))
        #expect(server.requests.last?.target == "/api/v3/users/..%2Fa%20b%2F%C3%BC%3Fx/overall_quotas")
    }

    @Test func `without a user nothing is asked for the counters`() async throws {
        let server = try VirusTotalStandIn()
        #expect(try await VirusTotalClient(url: server.url).serverQuota().failure?.wasSent == false)
        #expect(server.requests.isEmpty)
    }

    @Test func `without a key nothing is asked`() async throws {
        let server = try VirusTotalStandIn()
        let failure = try await VirusTotalClient(url: server.url, key: nil).lookUp(testAddress).failure
        #expect(failure?.action == .stop)
        #expect(failure?.wasSent == false)
        #expect(server.requests.isEmpty)
    }
}
