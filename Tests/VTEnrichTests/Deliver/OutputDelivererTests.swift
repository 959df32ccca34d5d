import Foundation
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// An output's deliverer against services on loopback, driven step by step on a clock of the test's own.
@Suite struct `Delivery to outputs` {
    private let folder: TemporaryFolder
    private let store: Store
    private let clock: ManualClock
    private let theHive: ServiceStandIn

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.inMemory()
        clock = ManualClock(wall: wallSeconds())
        theHive = try ServiceStandIn(.theHive(duplicate: 400))
    }

    private func output(_ kind: OutputSettings.Kind = .thehive, url: String? = nil) throws -> OutputSettings {
        var output = OutputSettings(kind)
        output.url = url ?? theHive.url
        output.apiKeyFile = try folder.write("key", "secret-of-thehive\n", mode: 0o600)
        output.urlFile = try folder.write("url", "\(url ?? theHive.url)/hooks/webhook_secret-part\n", mode: 0o600)
        output.maxPerMinute = 0
        return output
    }

    private func deliverer(_ output: OutputSettings) throws -> OutputDeliverer {
        let channel = Result { () throws(SecretError) in try output.channel(secret: try output.loadSecret()) }
        return OutputDeliverer(output, channel: channel, store: store, clock: clock.clock, log: .quiet)
    }

    /// What the scheduler puts into the outbox for alerts of these addresses, each with its own id.
    private func queue(_ addresses: [String], _ output: OutputSettings, malicious: Int = 8) throws {
        let items = addresses.enumerated().flatMap { number, address in
            OutputComposer([output]).items(
                Sample.source(number, address), .init(verdict: .malicious), Sample.event(number, address, malicious),
                now: clock.wall)
        }
        try store.add(toOutbox: items)
    }

    private func addresses(_ count: Int) -> [String] { (1...count).map { "45.9.148.\($0)" } }

    /// Steps until nothing is left to do at this moment.
    private func settle(_ deliverer: OutputDeliverer) async {
        while await deliverer.step() == 0 {}
    }

    private var counts: [OutputCounter: Int] {
        get throws { try store.summary(alertsPath: "", now: clock.wall).outputs.first?.value ?? [:] }
    }

    private var references: [String] { theHive.taken.compactMap { $0.json?["sourceRef"] as? String } }

    @Test func `TheHive down for an hour gets its cases afterwards, each once and in order`() async throws {
        let port = theHive.port
        theHive.stop()
        let output = try output()
        let deliverer = try deliverer(output)
        try queue(addresses(20), output)
        for _ in 0..<120 {
            _ = await deliverer.step()
            clock.advance(30)
        }
        #expect(deliverer.sinkStatus.failing && deliverer.sinkStatus.lastError != nil)
        #expect(try counts[.retries] ?? 0 > 20)
        let again = try ServiceStandIn(.theHive(duplicate: 400), port: port)
        clock.advance(60)
        await settle(deliverer)
        let references = again.taken.compactMap { $0.json?["sourceRef"] as? String }
        #expect(Set(references) == Set(addresses(20).map { "\($0)-\(UTCDate(wall: clock.wall - 3_660))" }))
        #expect(references.count == 20 && again.requests.count == 20)
        #expect(!deliverer.sinkStatus.failing)
        #expect(try store.deliveries(sink: "thehive", limit: 100).isEmpty)
    }

    @Test(arguments: [400, 409])
    func `a case that is there already is success`(status: Int) async throws {
        let server = try ServiceStandIn(.theHive(duplicate: status))
        var output = try output(url: server.url)
        output.onceADay = false
        let deliverer = try deliverer(output)
        try queue(["45.9.148.1"], output)
        await settle(deliverer)
        // As after a crash between the answer and its note.
        try queue(["45.9.148.1"], output)
        await settle(deliverer)
        #expect(server.requests.count == 2 && server.taken.count == 1)
        #expect(try counts == [.sent: 2])
        #expect(!deliverer.sinkStatus.failing)
    }

    @Test func `an address gets one case a day, whatever comes of it`() async throws {
        let output = try output()
        let deliverer = try deliverer(output)
        try queue(Array(repeating: "45.9.148.1", count: 1_000) + ["45.9.148.2"], output)
        await settle(deliverer)
        #expect(theHive.taken.count == 2)
        #expect(try counts == [.sent: 2, .suppressed: 999])
        clock.advance(86_400)
        try queue(["45.9.148.1"], output)
        await settle(deliverer)
        #expect(theHive.taken.count == 3 && Set(references).count == 3)
    }

    @Test func `a flood goes out at max_per_minute`() async throws {
        var output = try output()
        output.maxPerMinute = 10
        let deliverer = try deliverer(output)
        try queue(addresses(25), output)
        for count in [10, 20, 25] {
            await settle(deliverer)
            #expect(theHive.taken.count == count)
            clock.advance(61)
        }
    }

    @Test func `a notice that is refused is a dead letter and keeps back nobody`() async throws {
        let output = try output()
        let deliverer = try deliverer(output)
        theHive.answerNext(with: .json(["type": "BadRequest", "message": "no"], status: 400))
        try queue(addresses(3), output)
        await settle(deliverer)
        #expect(theHive.taken.count == 2)
        #expect(try counts == [.sent: 2, .deadLetters: 1])
        #expect(deliverer.sinkStatus.lastError?.contains("400") == true)
    }

    @Test func `a rejected key stops the output, is asked about once an hour, and a reload begins anew`() async throws {
        let output = try output()
        let deliverer = try deliverer(output)
        theHive.answerAll(with: .json(["type": "AuthenticationError", "message": "no"], status: 401))
        try queue(addresses(3), output)
        for _ in 0..<70 {
            _ = await deliverer.step()
            clock.advance(60)
        }
        #expect(theHive.requests.count == 2)
        #expect(deliverer.sinkStatus.failing)
        theHive.answerAll(with: nil)
        let channel = Result { () throws(SecretError) in try output.channel(secret: try output.loadSecret()) }
        await deliverer.reconfigure(output, channel: channel)
        await settle(deliverer)
        #expect(theHive.taken.count == 3 && !deliverer.sinkStatus.failing)
    }

    @Test func `Slack's Retry-After is believed`() async throws {
        let slack = try ServiceStandIn(.slack)
        var output = try output(.webhook, url: slack.url)
        output.format = .slack
        let deliverer = try deliverer(output)
        var reply = Reply(429, Array("rate_limited".utf8))
        reply.headers["retry-after"] = "30"
        slack.answerNext(with: reply)
        try queue(addresses(2), output)
        #expect(await deliverer.step() == 30)
        clock.advance(29)
        #expect(await deliverer.step() == 1)
        #expect(slack.requests.count == 1)
        clock.advance(1)
        await settle(deliverer)
        #expect(slack.taken.count == 2)
    }

    @Test func `a workflow that may have started is not started again`() async throws {
        let shuffle = try ServiceStandIn(.shuffle)
        var output = try output(.webhook, url: shuffle.url)
        output.timeout = 0.3
        let deliverer = try deliverer(output)
        shuffle.answerNext(with: Reply(200).with(.silence))
        try queue(addresses(2), output)
        await settle(deliverer)
        #expect(shuffle.requests.count == 2)
        #expect(try counts == [.unanswered: 1, .sent: 1])
    }

    @Test(arguments: ["application/json", "text/html", "text/plain"])
    func `a template's values are escaped for its content type`(type: String) async throws {
        let server = try ServiceStandIn(.slack)
        var output = try output(.webhook, url: server.url)
        (output.format, output.contentType) = (.template, type)
        let text = "{\"a\":\"{{alert.full_log}}\",\"ip\":\"{{srcip}}\",\"n\":{{virustotal_ip.counts.malicious}},"
        let rest = "\"b\":{{#virustotal_ip.is_block}}true{{/virustotal_ip.is_block}}{{^virustotal_ip.is_block}}false"
        output.template = try folder.write("t.mustache", text + rest + "{{/virustotal_ip.is_block}}}")
        let deliverer = try deliverer(output)
        let log = "\"},{\"ip\":\"1.1.1.1\n\\ <script>alert(1)</script> {{srcip}}"
        var source = Sample.source(1, "45.9.148.1")
        source.fullLog = log
        let event = EnrichedEvent.make(
            source, .found(ReputationFacts(stats: .init(malicious: 8, total: 80))), pivot: nil,
            cache: .init(isHit: true), now: clock.wall, settings: VerdictSettings())
        let items = OutputComposer([output]).items(source, .init(verdict: .malicious), event, now: clock.wall)
        try store.add(toOutbox: items)
        await settle(deliverer)
        let request = try #require(server.taken.first)
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(request.headers["content-type"] == type && body.contains("45.9.148.1"))
        switch type {
        case "application/json":
            #expect(request.json?["a"] as? String == log && request.json?["ip"] as? String == "45.9.148.1")
            #expect(request.json?["n"] as? Int == 8 && request.json?["b"] as? Bool == false)
        case "text/html": #expect(!body.contains("<script>") && body.contains("&lt;script&gt;"))
        default: #expect(body.contains(log))
        }
    }

    @Test func `a template that cannot be used stops its output alone, and says why`() async throws {
        var output = try output(.webhook)
        (output.format, output.template) = (.template, try folder.write("t", "{{#open}}"))
        let deliverer = try deliverer(output)
        _ = await deliverer.step()
        #expect(deliverer.sinkStatus.lastError?.contains("cannot be used") == true)
    }

    @Test func `the hook's URL and the key are in no text`() async throws {
        let theHiveOutput = try output()
        var hook = try output(.webhook)
        hook.name = "hook"
        for (output, secret) in [(theHiveOutput, "secret-of-thehive"), (hook, "/hooks/webhook_secret-part")] {
            theHive.answerAll(with: Reply(400, Array("echo \(secret)".utf8)))
            let deliverer = try deliverer(output)
            try queue(addresses(1), output)
            await settle(deliverer)
            let text = deliverer.sinkStatus.lastError ?? ""
            #expect(text.contains("***") && !text.contains("secret-"), "\(text)")
        }
    }

    @Test func `of too many that wait the oldest are given up, and of too old ones all`() async throws {
        var output = try output()
        output.maxWaiting = 5
        theHive.answerAll(with: Reply(503))
        let deliverer = try deliverer(output)
        try queue(addresses(12), output)
        _ = await deliverer.step()
        #expect(try store.deliveries(sink: "thehive", limit: 100).count == 5)
        #expect(try counts[.deadLetters] == 7)
        clock.advance(8 * 86_400)
        _ = await deliverer.step()
        #expect(try counts[.deadLetters] == 12)
    }

    @Test func `a row that is always refused with 500 keeps back no other`() async throws {
        let output = try output()
        let deliverer = try deliverer(output)
        theHive.answerNext(with: Reply(500))
        try queue(addresses(3), output)
        #expect(await deliverer.step() == 1)
        clock.advance(1)
        await settle(deliverer)
        #expect(references.map { $0.prefix(11) }.map(String.init) == ["45.9.148.2-", "45.9.148.3-", "45.9.148.1-"])
    }

    @Test(arguments: [nil, 0o644, 0o600])
    func `without a secret that only we can read nothing goes, and all waits`(mode: Int?) async throws {
        var output = try output()
        output.apiKeyFile = folder["other"]
        if let mode { try folder.write("other", mode == 0o600 ? "" : "key", mode: mode) }
        let deliverer = try deliverer(output)
        try queue(addresses(1), output)
        #expect(await deliverer.step() > 0)
        #expect(theHive.requests.isEmpty && deliverer.sinkStatus.failing)
        #expect(try store.deliveries(sink: "thehive", limit: 10).count == 1)
    }

    @Test func `a stop does not wait for a slow service, and the notice stays`() async throws {
        let output = try output()
        let deliverer = try deliverer(output)
        theHive.answerAll(with: Reply(201).with(.silence))
        try queue(addresses(1), output)
        let running = Task { await deliverer.run() }
        try await eventually("the request is on its way") { theHive.requests.count == 1 }
        await deliverer.stop()
        await running.value
        #expect(try store.deliveries(sink: "thehive", limit: 10).count == 1)
    }

    @Test func `a file is rotated by size, and logrotate may move it away`() async throws {
        var output = OutputSettings(.file)
        output.path = folder["events.json"]
        output.rotateSize = 3_000
        output.keep = 2
        let deliverer = try deliverer(output)
        try queue(addresses(12), output)
        await settle(deliverer)
        let files = ["events.json", "events.json.1", "events.json.2"]
        for name in files { #expect(try folder.read(name).utf8.count <= 3_000) }
        #expect(!FileManager.default.fileExists(atPath: folder["events.json.3"]))
        #expect(try folder.read("events.json").contains("45.9.148.12"))
        try FileManager.default.moveItem(atPath: folder["events.json"], toPath: folder["moved"])
        try queue(["45.9.148.99"], output)
        await settle(deliverer)
        #expect(try folder.read("events.json").split(separator: "\n").count == 1)
    }
}

/// Alerts and their events for the outbox.
enum Sample {
    static func source(_ number: Int, _ address: String) -> EventSource {
        EventSource(
            eventID: "event-\(number)", address: IPAddress(address)!, alertID: "1753101678.\(number)",
            timestamp: "2025-07-21T12:41:18.157+0000", ruleID: "5710", level: 5, ruleDescription: "sshd: attempt",
            ruleGroups: ["sshd"], agent: Alert.Agent(id: "007", name: "web", ip: "10.0.0.7"), manager: "manager",
            location: "/var/log/auth.log", fullLog: "Failed password for root from \(address)")
    }

    static func event(_ number: Int, _ address: String, _ malicious: Int) -> [UInt8] {
        let facts = ReputationFacts(
            stats: .init(malicious: malicious, suspicious: 0, harmless: 60, undetected: 20, total: 80 + malicious),
            enginesMalicious: malicious, country: "NL", owner: "DIGITALOCEAN-ASN")
        return EnrichedEvent.make(
            source(number, address), .found(facts), pivot: nil, cache: .init(isHit: true), now: 1_772_445_600,
            settings: VerdictSettings())
    }
}
