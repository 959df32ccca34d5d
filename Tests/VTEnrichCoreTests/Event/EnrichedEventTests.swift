import Foundation
import Testing
import VTEnrichCore

private let now = 1_764_927_216.0
private let address = IPAddress.v4(0x403e_c584)
private let log = "Dec 10 01:02:02 host sshd[1234]: Accepted none for root from 64.62.197.132 port 1066 ssh2"

private func source(log: String? = log, address: IPAddress = address, cut: Bool = false) -> EventSource {
    EventSource(
        eventID: "0123456789abcdef0123456789abcdef", address: address, alertID: "1753101678.8211",
        timestamp: "2025-07-21T12:41:18.157+0000", ruleID: "100003", level: 5, fullLog: log, logWasCut: cut)
}

private let facts = ReputationFacts(
    stats: .init(malicious: 11, suspicious: 2, harmless: 58, undetected: 23, total: 94), enginesMalicious: 11,
    enginesSuspicious: 2, reputation: -3, lastAnalysisDate: 1_764_866_736, country: "US", owner: "HURRICANE",
    asn: "6939", network: "64.62.197.0/24")

private func event(
    _ facts: ReputationFacts = facts, _ source: EventSource = source(), pivot: PivotFacts? = nil,
    cache: EnrichedEvent.CacheMark = .init(isHit: true, ageSeconds: 812)
) -> [UInt8] {
    EnrichedEvent.make(source, .found(facts), pivot: pivot, cache: cache, now: now, settings: VerdictSettings())
}

private func object(_ bytes: [UInt8]) throws -> JSONValue {
    try #require(String(validating: bytes, as: UTF8.self) != nil, "no UTF-8")
    return try #require(JSONValue(parsing: bytes), "no JSON")
}

private func line(_ facts: ReputationFacts) throws -> String? {
    try object(event(facts))["virustotal_ip"]?["verdict_line"]?.text
}

struct EnrichedEventTests {
    @Test func `a found address gives every key of the contract in its order`() {
        let expected = #"""
            {"integration":"virustotal_ip","srcip":"64.62.197.132",
             "virustotal_ip":{"found":1,"verdict":"malicious",
              "source":{"alert_id":"1753101678.8211","rule":"100003","ip":"64.62.197.132","level":5,"timestamp":"2025-07-21T12:41:18.157+0000"},
              "counts":{"malicious":11,"suspicious":2,"harmless":58,"undetected":23},"engine_counts":{"malicious":11,"suspicious":2},"weighted_malicious":12.0,
              "reputation":-3,"tags":[],"age_days":0.7,"last_analysis_date":"2025-12-04T16:45:36+00:00","country":"US",
              "as_owner":"HURRICANE","asn":"6939","network":"64.62.197.0/24",
              "permalink":"https://www.virustotal.com/gui/ip-address/64.62.197.132","pivot":{"used":false},
              "detections":"11/94","severity":2,"severity_label":"medium","block":"no",
              "cache":{"hit":"yes","stale":"no","age_seconds":812},"id":"0123456789abcdef0123456789abcdef",
              "verdict_line":"vt_ip verdict=malicious ip=64.62.197.132 mal=11 sus=2 wmal=12.0 rep=-3 age_days=0.7 tags=- as_owner=\"HURRICANE\""},
             "original_full_log":"Dec 10 01:02:02 host sshd[1234]: Accepted none for root from 64.62.197.132 port 1066 ssh2"}
            """#
        let oneLine = expected.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
        #expect(String(decoding: event(), as: UTF8.self) == oneLine)
    }

    @Test func `no record has source and id, and nothing that needs facts`() {
        let bytes = EnrichedEvent.make(
            source(), .notFound, pivot: nil, cache: .init(isHit: false), now: now, settings: VerdictSettings())
        #expect(
            String(decoding: bytes, as: UTF8.self) == #"""
                {"integration":"virustotal_ip","srcip":"64.62.197.132","virustotal_ip":{"found":0,"verdict":"unknown",\#
                "source":{"alert_id":"1753101678.8211","rule":"100003","ip":"64.62.197.132","level":5,\#
                "timestamp":"2025-07-21T12:41:18.157+0000"},"id":"0123456789abcdef0123456789abcdef"},\#
                "original_full_log":"\#(log)"}
                """#)
    }

    @Test func `an address that VirusTotal refuses goes out unenriched`() throws {
        let bytes = EnrichedEvent.make(
            source(), .invalid, pivot: nil, cache: .init(isHit: true), now: now, settings: VerdictSettings())
        let body = try object(bytes)["virustotal_ip"]
        #expect(body?["verdict"] == .text("unenriched") && body?["reason"] == .text("invalid_address"))
        #expect(body?["found"] == .integer(0) && body?["error"] == .integer(400))
    }

    @Test(arguments: [
        (UnenrichedReason.quota, "quota"), (.keyRejected, "key_rejected"),
        (.providerUnavailable, "provider_unavailable"),
        (.invalidAddress, "invalid_address"),
    ])
    func `an unenriched event says why`(reason: UnenrichedReason, text: String) throws {
        let value = try object(
            EnrichedEvent.unenriched(source(log: nil), reason: reason, status: 0, description: "because \"x\"\n"))
        let body = try #require(value["virustotal_ip"])
        #expect(body["reason"] == .text(text) && body["error"] == .integer(0))
        #expect(body["description"] == .text("because \"x\"\n") && body["source"]?["ip"] == .text("64.62.197.132"))
        #expect(value["original_full_log"] == nil && body["verdict_line"] == nil && body["block"] == nil)
    }

    @Test func `the notice speaks of no address`() {
        let bytes = EnrichedEvent.notice(reason: .quota, description: "spent", id: "ab")
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"integration":"virustotal_ip","virustotal_ip":{"found":0,"verdict":"notice","reason":"quota","description":"spent","id":"ab"}}"#
        )
    }

    @Test func `absent values are left out, and a dash in the line`() throws {
        let value = try object(event(ReputationFacts()))
        let body = try #require(value["virustotal_ip"])
        for key in ["age_days", "last_analysis_date", "country", "as_owner", "asn", "network"] {
            #expect(body[key] == nil, "\(key)")
        }
        #expect(
            body["verdict_line"]?.text
                == #"vt_ip verdict=unknown ip=64.62.197.132 mal=0 sus=0 wmal=0.0 rep=0 age_days=- tags=- as_owner="-""#)
        #expect(body["detections"] == .text("0/0"))
    }

    @Test func `the line shows five tags, and its owner cannot break out of its quotes`() throws {
        var facts = ReputationFacts(tags: ["a", "b", "c", "d", "e", "tor"])
        facts.owner = "Evil \"x\" \\ LLC\n\t\u{0}\u{85}end ü"
        let line = try #require(try line(facts))
        #expect(line.hasSuffix(#"tags=a,b,c,d,e as_owner="Evil 'x' \ LLC    end ü""#))
        let owner = try object(event(facts))["virustotal_ip"]?["as_owner"]?.text
        #expect(owner == "Evil \"x\" \\ LLC\n\t\u{FFFD}\u{85}end ü")
    }

    @Test func `a used pivot is shown`() throws {
        var weak = facts
        weak.stats = .init(malicious: 0, suspicious: 1, total: 94)
        weak.enginesMalicious = 0
        let body = try object(event(weak, pivot: PivotFacts(totalFiles: 5, strongFiles: 3)))["virustotal_ip"]
        #expect(body?["verdict"] == .text("malicious"))
        #expect(
            body?["pivot"]
                == .object(["used": .bool(true), "total_files": .integer(5), "strong_mal_files": .integer(3)]))
    }

    @Test func `a stale entry is marked and does not block`() throws {
        var strong = facts
        strong.stats.malicious = 16
        let fresh = try object(event(strong))["virustotal_ip"]
        #expect(fresh?["block"] == .text("yes") && fresh?["cache"]?["stale"] == .text("no"))
        let stale = try object(event(strong, cache: .init(isHit: true, isStale: true, ageSeconds: 90_000)))[
            "virustotal_ip"]
        #expect(stale?["block"] == .text("no") && stale?["cache"]?["stale"] == .text("yes"))
    }

    @Test func `IPv6 keeps its colons in srcip, source and permalink`() throws {
        let v6 = try #require(IPAddress("2001:4860:4860:0:0:0:0:8888"))
        let value = try object(event(facts, source(address: v6)))
        #expect(value["srcip"] == .text("2001:4860:4860::8888"))
        #expect(value["virustotal_ip"]?["source"]?["ip"] == value["srcip"])
        #expect(
            value["virustotal_ip"]?["permalink"]
                == .text("https://www.virustotal.com/gui/ip-address/2001:4860:4860::8888"))
    }
}

struct EventSizeTests {
    @Test(arguments: ["x", "ü", "😀", "\"", "\u{1}", "\n"])
    func `a long log is cut on a character to 16 KiB, and the event says so`(character: String) throws {
        let long = String(repeating: character, count: 20_000)
        let bytes = event(facts, source(log: long))
        #expect(bytes.count <= 16_384 && bytes.count > 16_370)
        let value = try object(bytes)
        #expect(value["virustotal_ip"]?["truncated"] == .text("yes"))
        let log = try #require(value["original_full_log"]?.text)
        #expect(long.hasPrefix(log) && !log.isEmpty)
    }

    @Test func `a log that fits is whole and not marked`() throws {
        let value = try object(event(facts, source(log: String(repeating: "x", count: 15_000))))
        #expect(value["original_full_log"]?.text?.count == 15_000)
        #expect(value["virustotal_ip"]?["truncated"] == nil)
    }

    @Test func `a log that was cut when it was kept is marked`() throws {
        let value = try object(event(facts, source(cut: true)))
        #expect(value["virustotal_ip"]?["truncated"] == .text("yes"))
    }

    @Test func `the worst of everything stays below 16 KiB`() throws {
        let bad = String(repeating: "\u{1}", count: 100_000)
        let facts = ReputationFacts(
            stats: .init(malicious: .max / 4, suspicious: .min / 4, harmless: .min, undetected: .min, total: .min),
            enginesMalicious: .min, enginesSuspicious: .min, reputation: .min,
            tags: Array(repeating: bad, count: 100), lastAnalysisDate: .min, country: bad, owner: bad, asn: bad,
            network: bad)
        let source = EventSource(
            eventID: bad, address: .v6(high: .max, low: .max), alertID: bad, timestamp: bad, ruleID: bad, level: .min,
            agent: .init(id: bad, name: bad, ip: bad), fullLog: bad)
        let bytes = event(facts, source, pivot: PivotFacts(totalFiles: .min, strongFiles: .min))
        #expect(bytes.count <= 16_384 && !bytes.contains(0))
        #expect(try object(bytes)["virustotal_ip"]?["truncated"] == .text("yes"))
        #expect(Datagram.prefix(source, location: bad).count < 2_048)
    }

    @Test(arguments: [
        ("[1,2]", " [1,2]"), ("[emerg] x", "[emerg] x"), ("[not json]", " [not json]"), ("[", "["), ("[]", " []"),
        ("]", "]"), ("", ""),
    ])
    func `no text can be taken for an array`(text: String, sent: String) throws {
        var facts = facts
        facts.owner = text
        let value = try object(event(facts, source(log: text)))
        #expect(value["original_full_log"] == .text(sent))
        #expect(value["virustotal_ip"]?["as_owner"] == .text(sent))
    }
}
