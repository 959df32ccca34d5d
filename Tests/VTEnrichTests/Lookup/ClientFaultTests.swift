import Support
import Testing
import VTEnrich
import VTEnrichCore

/// The client against servers and networks that do not behave.
@Suite struct `VirusTotal client in trouble` {
    /// What the client makes of one answer to a lookup.
    private func failure(_ reply: Reply, timeout: Double = 60) async throws -> ProviderFailure {
        let server = try VirusTotalStandIn()
        server.answerAll(with: reply)
        let client = try VirusTotalClient(url: server.url) { $0.timeout = timeout }
        let failure = try #require(try await client.lookUp(testAddress).failure)
        #expect(server.requests.count == 1, "one call is one request")
        #expect(failure.wasSent)
        #expect(!failure.message.contains(testKey))
        #expect(failure.message.count < 400)
        return failure
    }

    @Test func `a stand-in that is stopped twice leaves alone whoever has its descriptor by then`() async throws {
        let first = try VirusTotalStandIn()
        first.stop()
        try await eventually("the port refuses") {
            try await VirusTotalClient(url: first.url).lookUp(testAddress).failure?.wasSent == false
        }
        let others = try (1...8).map { _ in try VirusTotalStandIn() }
        first.stop()
        for other in others { #expect(try await VirusTotalClient(url: other.url).lookUp(testAddress).value != nil) }
    }

    @Test func `T22 a name without address costs no quota`() async throws {
        let client = try VirusTotalClient(url: "https://virustotal.invalid") { $0.proxy = "" }
        let failure = try #require(try await client.lookUp(testAddress).failure)
        #expect(failure.action == .backOff)
        #expect(!failure.wasSent)
        #expect(failure.message.contains("virustotal.invalid"))
    }

    @Test func `T23 a refused connection costs no quota`() async throws {
        let server = try VirusTotalStandIn()
        server.stop()
        try await eventually("the port refuses") {
            try await VirusTotalClient(url: server.url).lookUp(testAddress).failure?.wasSent == false
        }
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [Reply.Delivery.reset(after: nil), .reset(after: 0), .reset(after: 500), .cut(after: 500), .ended])
    func `T23 a request whose answer breaks off was sent`(delivery: Reply.Delivery) async throws {
        let failure = try await failure(VirusTotalSample("8.8.4.4").answer(now: wallSeconds()).with(delivery))
        #expect(failure.action == .backOff)
    }

    /// Left alone, the server would go on for hours: only the client's own time limit ends the request.
    @Test(.timeLimit(.minutes(5)), arguments: [Reply.Delivery.silence, .dripping(every: 0.2)])
    func `T25 a slow or silent server is left at the time limit`(delivery: Reply.Delivery) async throws {
        let endless = Reply(200, [UInt8](repeating: UInt8(ascii: " "), count: 100_000))
        let failure = try await failure(endless.with(delivery), timeout: 1)
        #expect(failure.action == .backOff)
    }

    @Test(arguments: [500, 502, 503, 504, 424, 204, 301, 404, 400])
    func `T26 T31 a status that says nothing about the address is a failure`(status: Int) async throws {
        let failure = try await failure(.html(status))
        #expect(failure.action == .backOff)
        #expect(failure.status == status)
    }

    @Test(
        arguments: [
            ("120", 120), ("0", nil), ("-5", nil), ("soon", nil), ("999999", 86_400),
            ("99999999999999999999999999", 86_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400), ("Wed, 21 Oct 2015 07:28:00 GMT", nil), (nil, nil),
        ] as [(String?, Double?)])
    func `T27 Retry-After is kept between a second and a day`(header: String?, seconds: Double?) async throws {
        let failure = try await failure(.error(429, "QuotaExceededError", retryAfter: header))
        #expect(failure.action == .wait(retryAfter: seconds))
        #expect(failure.status == 429)
    }

    @Test func `T27 a 429 whose body is not what its headers say is still a 429`() async throws {
        var reply = Reply.error(429, "QuotaExceededError")
        reply.headers["content-encoding"] = "gzip"
        #expect(try await failure(reply).action == .wait(retryAfter: nil))
    }

    @Test(arguments: [Reply.error(401, "WrongCredentialsError"), .error(403, "ForbiddenError"), .html(401)])
    func `T29 a rejected key stops the lookups and says what to do`(reply: Reply) async throws {
        let failure = try await failure(reply)
        #expect(failure.action == .stop)
        #expect(failure.message.contains("virustotal.api_key_file"))
    }

    static let wrongAnswers: [(String, Reply)] = [
        ("HTML", .html(200)),
        ("nothing", Reply(200)),
        ("cut JSON", Reply(200, Array(#"{"data":{"id":"64.62.197.132","type":"ip_addr"#.utf8))),
        ("a list", Reply(200, Array("[]".utf8))),
        ("no statistics", .address(testAddress, attributes: ["reputation": 5])),
        ("statistics of a wrong type", .address(testAddress, attributes: ["last_analysis_stats": "none"])),
        ("another address", .address("64.62.197.133", attributes: ["last_analysis_stats": ["malicious": 9]])),
        ("another object", .address(testAddress, attributes: ["last_analysis_stats": ["malicious": 9]], type: "file")),
        ("deep nesting", Reply(200, Array(String(repeating: "[", count: 100_000).utf8))),
        (
            "an unknown encoding",
            Reply(200, Array("{}".utf8), headers: ["content-encoding": "zip"])
        ),
    ]

    @Test(arguments: wrongAnswers)
    func `T31 what is not VirusTotal's answer is never a verdict`(name: String, reply: Reply) async throws {
        let failure = try await failure(reply)
        #expect(failure.action == .backOff)
        #expect(failure.status == 200)
    }

    @Test(arguments: [
        ("plain", Reply(200, [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 1))),
        ("a gzip bomb", Reply.gzipBomb(decodedBytes: 100_000_000)),
    ])
    func `T31 a body is read up to 1 MiB, decoded`(name: String, reply: Reply) async throws {
        #expect(try await failure(reply).message.contains("larger than 1048576 bytes"))
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `T31 a redirect is not followed`(status: Int) async throws {
        let elsewhere = try VirusTotalStandIn()
        let failure = try await failure(.redirect(to: elsewhere.url + "/api/v3/ip_addresses/x", status: status))
        #expect(failure.action == .backOff)
        #expect(elsewhere.connectionCount == 0)
    }
}
