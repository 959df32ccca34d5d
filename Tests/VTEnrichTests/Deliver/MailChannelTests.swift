import Foundation
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// Mail against a real mail server.
@Suite(.enabled(if: MailServer.isPossible, "needs python3-aiosmtpd"))
struct `Delivery by mail` {
    private let store: Store
    private let clock = ManualClock(wall: wallSeconds())

    init() throws {
        store = try Store.inMemory()
    }

    private func output(_ server: MailServer, to: [String] = ["soc@example.org"]) throws -> OutputSettings {
        var output = OutputSettings(.email)
        (output.server, output.port, output.tls) = ("127.0.0.1", server.port, .off)
        (output.from, output.to, output.maxPerMinute) = ("wazuh@example.org", to, 0)
        return output
    }

    private func deliverer(_ output: OutputSettings) throws -> OutputDeliverer {
        let channel = Result { () throws(SecretError) in try output.channel(secret: try output.loadSecret()) }
        return OutputDeliverer(output, channel: channel, store: store, clock: clock.clock, log: .quiet)
    }

    private func queue(_ count: Int, _ output: OutputSettings) throws {
        try store.add(
            toOutbox: (1...count).flatMap { number in
                let address = "45.9.148.\(number)"
                return OutputComposer([output]).items(
                    Sample.source(number, address), .init(verdict: .malicious), Sample.event(number, address, 8),
                    now: clock.wall)
            })
    }

    private func settle(_ deliverer: OutputDeliverer) async {
        while await deliverer.step() == 0 {}
    }

    private var counts: [OutputCounter: Int] {
        get throws { try store.summary(alertsPath: "", now: clock.wall).outputs.first?.value ?? [:] }
    }

    @Test func `each notice is a message to all recipients`() async throws {
        let server = try await MailServer()
        let output = try output(server, to: ["soc@example.org", "duty@example.org"])
        try queue(3, output)
        await settle(try deliverer(output))
        #expect(server.messages.count == 3)
        let message = try #require(server.messages.first)
        #expect(message.contains("X-To: soc@example.org,duty@example.org\r\n"))
        #expect(message.contains("From: <wazuh@example.org>\r\n"))
        #expect(try counts == [.sent: 3])
    }

    @Test func `a digest holds all that came in its time`() async throws {
        let server = try await MailServer()
        var output = try output(server)
        output.digest = 600
        let deliverer = try deliverer(output)
        try queue(50, output)
        #expect(await deliverer.step() == 600)
        clock.advance(599)
        await settle(deliverer)
        #expect(server.messages.isEmpty)
        clock.advance(1)
        await settle(deliverer)
        #expect(server.messages.count == 1)
        #expect(try counts == [.sent: 50])
    }

    @Test(arguments: [("busy", OutputCounter.retries), ("full", .retries), ("nobody", .retries)])
    func `a server that refuses for now is asked again, and one that refuses for good waits for the operator`(
        recipient: String, counter: OutputCounter
    ) async throws {
        let server = try await MailServer()
        let output = try output(server, to: ["\(recipient)@example.org"])
        let deliverer = try deliverer(output)
        try queue(1, output)
        let pause = await deliverer.step()
        #expect(deliverer.sinkStatus.failing)
        #expect(try store.deliveries(sink: "email", limit: 10).count == 1)
        #expect(pause == (recipient == "nobody" ? 3_600 : 1))
        #expect(try counts[counter] == (recipient == "nobody" ? nil : 1))
        #expect(server.messages.isEmpty)
    }

    @Test func `TLS and login as they must be, and a wrong password is in no text`() async throws {
        let folder = try TemporaryFolder()
        let server = try await MailServer(tls: true)
        var output = try output(server)
        (output.tls, output.user, output.server, output.caFile) = (.starttls, "soc", "localhost", server.authority)
        output.passwordFile = try folder.write("password", "open-sesame\n", mode: 0o600)
        try queue(1, output)
        let first = try deliverer(output)
        await settle(first)
        #expect(server.messages.count == 1, "\(first.sinkStatus.lastError ?? "")")
        try folder.write("password", "wrong-secret\n", mode: 0o600)
        output.onceADay = false
        try queue(1, output)
        let second = try deliverer(output)
        #expect(await second.step() == 3_600)
        let text = second.sinkStatus.lastError ?? ""
        #expect(text.contains("check user") && !text.contains("wrong-secret"), "\(text)")
        // Without the right authority nothing is said at all.
        output.caFile = nil
        let third = try deliverer(output)
        #expect(await third.step() == 1)
        #expect(server.messages.count == 1)
    }

    @Test func `no server is no loss`() async throws {
        let server = try await MailServer()
        let output = try output(server)
        server.stop()
        let deliverer = try deliverer(output)
        try queue(2, output)
        #expect(await deliverer.step() == 1)
        #expect(try store.deliveries(sink: "email", limit: 10).count == 2)
    }
}

/// `mail-server.py` as a program.
final class MailServer: Sendable {
    let port: Int
    /// For `ca_file`, with `tls`.
    var authority: String { folder["server.pem"] }
    private let folder: TemporaryFolder
    private let process: RunningProgram

    static let isPossible: Bool = {
        let paths = ["/usr/lib/python3/dist-packages/aiosmtpd"]
        return paths.contains { FileManager.default.fileExists(atPath: $0) }
    }()

    init(tls: Bool = false) async throws {
        folder = try TemporaryFolder()
        if tls {
            let made = try await Program(at: "/usr/bin/openssl").run([
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder["server.key"], "-out",
                folder["server.pem"],
            ])
            try #require(made.status == 0, "\(made.standardError)")
        }
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../StandIns/mail-server.py")
            .standardized.path
        let certificate = tls ? [folder["server.pem"], folder["server.key"]] : []
        process = try Program(at: "/usr/bin/python3").start(
            [script, folder.path] + certificate, output: folder["out"], errors: folder["err"])
        let folder = folder
        try await eventually("the mail server listens") { FileManager.default.fileExists(atPath: folder["port"]) }
        port = Int(try folder.read("port")) ?? 0
    }

    deinit { process.send(SIGKILL) }

    func stop() { process.send(SIGKILL) }

    /// In the order of arrival.
    var messages: [String] {
        var messages: [String] = []
        while let text = try? folder.read("\(messages.count + 1).eml") { messages.append(text) }
        return messages
    }
}
