import Support
import Synchronization
import Testing
import VTEnrich
import VTEnrichCore

/// Connections, proxies, cancellation, TLS.
@Suite struct `VirusTotal client's connection` {
    @Test func `requests one after another share a connection`() async throws {
        let server = try VirusTotalStandIn()
        let client = try VirusTotalClient(url: server.url)
        for last in 1...5 { _ = try await client.lookUp("9.9.9.\(last)") }
        #expect(server.requests.count == 5)
        #expect(server.connectionCount == 1)
    }

    @Test func `requests at once have connections of their own`() async throws {
        let server = try VirusTotalStandIn()
        server.answerAll(with: .html(500).delayed(0.5))
        let client = try VirusTotalClient(url: server.url, parallel: 3)
        await withTaskGroup { group in
            for last in 1...6 { group.addTask { _ = try? await client.lookUp("9.9.9.\(last)") } }
        }
        #expect(server.requests.count == 6)
        #expect(server.connectionCount == 3)
    }

    @Test func `a kept connection that ends without an answer is not asked again behind our back`() async throws {
        let server = try VirusTotalStandIn()
        let client = try VirusTotalClient(url: server.url)
        _ = try await client.lookUp(testAddress)
        server.answerNext(with: Reply(200).with(.ended))
        let failure = try await client.lookUp(testAddress).failure
        #expect(failure?.wasSent == true)
        #expect(server.requests.count == 2)
        #expect(try await client.lookUp(testAddress).failure == nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `T03 a cancelled request returns and frees its connection, long before its time limit`() async throws {
        let server = try VirusTotalStandIn()
        server.answerNext(with: Reply(200).with(.silence))
        let client = try VirusTotalClient(url: server.url, parallel: 1) { $0.timeout = 3_600 }
        let task = Task { try await client.lookUp(testAddress).failure }
        try await eventually("the request is there") { server.requests.count == 1 }
        task.cancel()
        #expect(try await task.value?.wasSent == true)
        #expect(try await client.lookUp(testAddress).failure == nil)
    }

    @Test func `a task that is cancelled already sends nothing`() async throws {
        let server = try VirusTotalStandIn()
        let client = try VirusTotalClient(url: server.url)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await client.lookUp(testAddress).failure
        }
        task.cancel()
        #expect(try await task.value?.wasSent == false)
        #expect(server.requests.isEmpty)
    }

    @Test func `loopback is never asked through a proxy`() async throws {
        let proxy = try RecordingProxy()
        let server = try VirusTotalStandIn()
        let client = try VirusTotalClient(url: server.url) { $0.proxy = proxy.url }
        #expect(try await client.lookUp(testAddress).failure == nil)
        #expect(proxy.heads.isEmpty)
    }

    @Test func `a proxy never sees the key, and its refusal costs no quota`() async throws {
        let proxy = try RecordingProxy()
        let client = try VirusTotalClient(url: "https://www.virustotal.test") { $0.proxy = proxy.url }
        let failure = try #require(try await client.lookUp(testAddress).failure)
        #expect(failure.action == .backOff)
        #expect(failure.status == 0)
        #expect(!failure.wasSent)
        let head = try #require(proxy.heads.first)
        #expect(head.method == "CONNECT")
        #expect(head.target == "www.virustotal.test:443")
        #expect(head.headers["x-apikey"] == nil)
    }

    @Test(arguments: ["http://www.virustotal.test", "http://127.0.0.1.nip.test", "http://10.0.0.1", "ftp://127.0.0.1"])
    func `T24 nothing is sent in clear beyond this machine`(url: String) async throws {
        let proxy = try RecordingProxy()
        let client = try VirusTotalClient(url: url) { $0.proxy = proxy.url }
        let failure = try #require(try await client.lookUp(testAddress).failure)
        #expect(!failure.wasSent)
        #expect(failure.message.contains("in clear"))
        #expect(proxy.heads.isEmpty)
    }

    @Test func `T24 a server with the right certificate is asked over TLS`() async throws {
        let body = String(
            decoding: Reply.address(testAddress, attributes: ["last_analysis_stats": ["malicious": 5]]).body,
            as: UTF8.self)
        let server = try await TLSServer(
            .none, files: ["api/v3/ip_addresses/\(testAddress)": "HTTP/1.0 200 OK\r\n\r\n\(body)"])
        let client = try VirusTotalClient(url: "https://127.0.0.1:\(server.port)") { $0.caFile = server.authority }
        #expect(try await client.lookUp(testAddress).failure == nil)
    }

    @Test(arguments: TLSServer.Flaw.allCases.filter { $0 != .none })
    func `T24 wrong TLS gets no request`(flaw: TLSServer.Flaw) async throws {
        let server = try await TLSServer(flaw)
        let client = try VirusTotalClient(url: "https://127.0.0.1:\(server.port)") { $0.caFile = server.authority }
        let failure = try #require(try await client.lookUp(testAddress).failure)
        #expect(failure.action == .backOff)
        #expect(!failure.wasSent)
        let word = flaw == .oldVersion ? "TLS" : "certificate"
        #expect(failure.message.contains(word), "the message names the trouble: \(failure.message)")
    }

    @Test func `T24 an authority file that is not there is named`() async throws {
        let client = try VirusTotalClient(url: "https://127.0.0.1:9") { $0.caFile = "/nowhere/ca.pem" }
        let server = try await TLSServer(.none)
        let other = try VirusTotalClient(url: "https://127.0.0.1:\(server.port)") { $0.caFile = "/nowhere/ca.pem" }
        #expect(try await client.lookUp(testAddress).failure?.wasSent == false)
        #expect(try await other.lookUp(testAddress).failure?.message.contains("virustotal.ca_file") == true)
    }

    @Test func `T24 a handshake that stalls ends at the time limit and costs no quota`() async throws {
        let server = try LoopbackServer { connection in while connection.pause(60) {} }
        let client = try VirusTotalClient(url: "https://127.0.0.1:\(server.port)") { $0.timeout = 1 }
        let failure = try #require(try await client.lookUp(testAddress).failure)
        #expect(failure.action == .backOff)
        #expect(!failure.wasSent)
    }
}

/// A proxy that writes down what it is asked and refuses it.
private final class RecordingProxy: Sendable {
    private let server: LoopbackServer
    private let seen = Seen()

    private final class Seen: Sendable {
        let heads = Mutex<[Connection.RequestHead]>([])
    }

    init() throws {
        server = try LoopbackServer { [seen] connection in
            guard let head = connection.readRequest() else { return }
            seen.heads.withLock { $0.append(head) }
            connection.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".utf8)
        }
    }

    var url: String { "http://127.0.0.1:\(server.port)" }
    var heads: [Connection.RequestHead] { seen.heads.withLock { $0 } }
}
