import Foundation
import Logging
import Support
import Synchronization
import Testing
import VTEnrichCore

@testable import VTEnrich

/// The second source against a stand-in for AbuseIPDB.
struct AbuseIPDBTests {
    /// Answers `check` as AbuseIPDB does (`outputs.md` §4).
    private final class StandIn: Sendable {
        let requests = Mutex<[Connection.RequestHead]>([])
        let next = Mutex<[Reply]>([])
        let server: LoopbackServer

        init() throws {
            let work = Holder()
            server = try LoopbackServer { connection in
                while let head = connection.readRequest(), let standIn = work.value.withLock({ $0 }) {
                    guard standIn.reply(head).send(over: connection) else { return }
                }
            }
            work.value.withLock { $0 = self }
        }

        private final class Holder: Sendable {
            let value = Mutex<StandIn?>(nil)
        }

        var url: String { "http://127.0.0.1:\(server.port)" }
        var targets: [String] { requests.withLock { $0.map(\.target) } }

        private func reply(_ head: Connection.RequestHead) -> Reply {
            requests.withLock { $0.append(head) }
            if let reply = next.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return reply }
            let address = URLComponents(string: head.target)?.queryItems?.first { $0.name == "ipAddress" }?.value ?? ""
            var reply = Reply.json([
                "data": [
                    "ipAddress": address, "isPublic": true, "isWhitelisted": NSNull(), "abuseConfidenceScore": 87,
                    "usageType": "Data Center/Web Hosting/Transit", "isTor": false, "totalReports": 321,
                    "lastReportedAt": "2026-03-01T10:00:00+00:00",
                ] as [String: Any]
            ])
            reply.headers["x-ratelimit-remaining"] = "99"
            return reply
        }
    }

    private let standIn: StandIn
    private let store: Store
    private let clock = ManualClock()
    private var configuration = Configuration()

    init() throws {
        standIn = try StandIn()
        store = try Store.inMemory()
        configuration.abuseIPDB.url = standIn.url
    }

    private func source(_ change: (inout Configuration) -> Void = { _ in }) throws -> AbuseIPDB {
        var configuration = configuration
        change(&configuration)
        return AbuseIPDB(
            configuration, key: try APIKey("abuse-secret".utf8), store: store, clock: clock.clock, log: .quiet)
    }

    private func facts(_ malicious: Int) -> ReputationFacts {
        ReputationFacts(
            stats: .init(malicious: malicious, harmless: 60, undetected: 20, total: 80 + malicious),
            enginesMalicious: malicious, lastAnalysisDate: Int(clock.wall) - 3_600)
    }

    private func address(_ number: Int = 1) -> IPAddress { IPAddress("45.9.148.\(number)")! }

    @Test func `it is asked about the address with its key, and what it says stands in the event`() async throws {
        let facts = try await source().complete(facts(1), of: IPAddress("2a01:4f8::1")!)
        let until = Int(clock.wall) + 86_400
        #expect(
            facts.abuse
                == AbuseFacts(
                    score: 87, reports: 321, lastReported: "2026-03-01T10:00:00+00:00",
                    usage: "Data Center/Web Hosting/Transit", until: until))
        #expect(standIn.targets == ["/api/v2/check?ipAddress=2a01%3A4f8%3A%3A1&maxAgeInDays=90"])
        let headers = standIn.requests.withLock { $0[0].headers }
        #expect(headers["key"] == "abuse-secret" && headers["accept"] == "application/json")
        let event = EnrichedEvent.make(
            Sample.source(1, "45.9.148.1"), .found(facts), pivot: nil, cache: .init(isHit: true), now: clock.wall,
            settings: VerdictSettings())
        let json = try JSONSerialization.jsonObject(with: Data(event)) as? [String: Any]
        let abuse = (json?["virustotal_ip"] as? [String: Any])?["abuseipdb"] as? [String: Any]
        #expect(abuse?["score"] as? Int == 87 && abuse?["reports"] as? Int == 321 && abuse?["tor"] as? String == "no")
    }

    @Test(arguments: [
        (Configuration.AbuseIPDB.When.always, [true, true, true]), (.borderline, [true, true, false]),
        (.malicious, [false, false, true]),
    ])
    func `it is asked where it can change something`(when: Configuration.AbuseIPDB.When, asked: [Bool]) async throws {
        let source = try source { $0.abuseIPDB.when = when }
        for (number, (malicious, isAsked)) in zip([0, 1, 9], asked).enumerated() {
            let completed = await source.complete(facts(malicious), of: address(number + 1))
            #expect((completed.abuse != nil) == isAsked)
        }
        #expect(standIn.targets.count == asked.filter { $0 }.count)
    }

    @Test func `the day's requests are counted over restarts, and come back at midnight UTC`() async throws {
        for number in 1...5 {
            _ = try await source { $0.abuseIPDB.perDay = 3 }.complete(facts(1), of: address(number))
        }
        #expect(standIn.targets.count == 3)
        clock.advance(86_400)
        _ = try await source { $0.abuseIPDB.perDay = 3 }.complete(facts(1), of: address(6))
        #expect(standIn.targets.count == 4)
    }

    @Test func `429 with Retry-After and an empty remainder close it, over restarts too`() async throws {
        var limited = Reply(429)
        limited.headers["retry-after"] = "600"
        standIn.next.withLock { $0 = [limited] }
        #expect(try await source().complete(facts(1), of: address(1)).abuse == nil)
        _ = try await source().complete(facts(1), of: address(2))
        #expect(standIn.targets.count == 1)
        let closed = try store.state(ofSource: Store.abuseIPDB, now: clock.wall)
        #expect(closed.closedUntil == clock.wall + 600 && closed.usedToday == 1 && closed.trouble == nil)
        clock.advance(601)
        #expect(try await source().complete(facts(1), of: address(2)).abuse != nil)
        var last = Reply(200)
        last.headers["x-ratelimit-remaining"] = "0"
        standIn.next.withLock { $0 = [last] }
        for number in 3...6 { _ = try await source().complete(facts(1), of: address(number)) }
        #expect(standIn.targets.count == 3)
    }

    @Test(arguments: [401, 403])
    func `a rejected key is not tried again before a reload`(status: Int) async throws {
        standIn.next.withLock { $0 = [Reply(status)] }
        let source = try source()
        for number in 1...3 { #expect(await source.complete(facts(1), of: address(number)).abuse == nil) }
        #expect(standIn.targets.count == 1)
    }

    @Test(arguments: [
        Reply(500), Reply(200, Array("{}".utf8)), .html(200), Reply(200).with(.ended), Reply(422),
        .json(["data": ["ipAddress": "8.8.8.8", "abuseConfidenceScore": 100]]),
        .json(["data": ["ipAddress": "45.9.148.1", "abuseConfidenceScore": 101]]),
    ])
    func `whatever goes wrong, VirusTotal's facts stay as they are`(reply: Reply) async throws {
        standIn.next.withLock { $0 = [reply] }
        let before = facts(1)
        #expect(try await source().complete(before, of: address()) == before)
        let state = try store.state(ofSource: Store.abuseIPDB, now: clock.wall)
        #expect(state.trouble?.hasPrefix("AbuseIPDB") == true)
        // Of a daemon started since.
        #expect(try await source().complete(before, of: address(2)) != before)
        #expect(try store.state(ofSource: Store.abuseIPDB, now: clock.wall).trouble == nil)
    }

    @Test func `what it said is used as long as its own time, beyond VirusTotal's`() async throws {
        let first = try await source().complete(facts(1), of: address())
        var entry = CachedVerdict(
            reputation: .found(first), verdict: .suspicious, fetchedAt: clock.wall, expiresAt: clock.wall + 60)
        try store.answer(address(), with: entry, limit: 1) { _ in [] }
        clock.advance(3_600)
        let second = try await source().complete(facts(1), of: address())
        #expect(second.abuse == first.abuse && standIn.targets.count == 1)
        clock.advance(86_400)
        entry.reputation = .found(second)
        #expect(try await source().complete(facts(1), of: address()).abuse?.until != first.abuse?.until)
        #expect(standIn.targets.count == 2)
    }
}
