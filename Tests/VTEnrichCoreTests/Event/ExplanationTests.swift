import Foundation
import Testing
import VTEnrichCore

private let address = IPAddress.v4(0x403e_c584)

private func explain(
    _ answer: String?, status: Int = 200, allowlisted: Bool = false, address: IPAddress = address
) throws -> Explanation {
    let source = EventSource(
        eventID: "", address: address, alertID: "1.2", timestamp: "", ruleID: "5710", level: 5)
    let context = Explanation.Context(
        now: 1_764_927_000, settings: VerdictSettings(), allowlisted: allowlisted)
    let value = try answer.map { try #require(JSONValue(parsing: Array($0.utf8))) }
    return Explanation(source, answer: value, status: status, context)
}

private func event(_ explanation: Explanation) -> JSONValue? {
    JSONValue(parsing: explanation.event)?["virustotal_ip"]
}

private let error = #"{"error":{"code":"%","message":"x"}}"#

struct ExplanationTests {
    @Test(arguments: [
        (429, "QuotaExceededError", "quota"), (429, "", "quota"), (401, "WrongCredentialsError", "key_rejected"),
        (403, "ForbiddenError", "key_rejected"), (400, "InvalidArgumentError", "invalid_address"),
        (400, "NotAvailableYet", "provider_unavailable"), (500, "", "provider_unavailable"),
        (503, "TransientError", "provider_unavailable"), (0, "", "provider_unavailable"),
    ])
    func `a status other than 200 gives what the daemon would send`(status: Int, code: String, reason: String) throws {
        let body = try event(explain(error.replacingOccurrences(of: "%", with: code), status: status))
        #expect(body?["verdict"] == .text("unenriched") && body?["found"] == .integer(0))
        #expect(body?["error"] == .integer(status) && body?["reason"] == .text(reason))
    }

    @Test(arguments: [
        (200, "{}"), (200, "null"), (200, "[]"), (404, "null"), (404, #"{"error":{"code":"NotFoundError"}}"#),
    ])
    func `no data is no record`(status: Int, answer: String) throws {
        let body = try event(explain(answer, status: status))
        #expect(body?["verdict"] == .text("unknown") && body?["found"] == .integer(0) && body?["counts"] == nil)
    }

    @Test func `zero counts are found, with a note that the daemon sees no record`() throws {
        let empty = #"{"data":{"id":"64.62.197.132","type":"ip_address","attributes":{"last_analysis_stats":{}}}}"#
        let explanation = try explain(empty)
        #expect(event(explanation)?["found"] == .integer(1))
        #expect(explanation.notes == ["the daemon takes an analysis without engines and date for no record"])
    }

    @Test func `an answer that the daemon refuses is judged, with a note`() throws {
        let other =
            #"{"data":{"id":"1.1.1.1","type":"ip_address","attributes":{"last_analysis_stats":{"malicious":3}}}}"#
        let explanation = try explain(other)
        #expect(event(explanation)?["verdict"] == .text("malicious"))
        #expect(
            explanation.notes == [
                "the daemon would refuse this answer and ask again: the answer is for \"1.1.1.1\", not for 64.62.197.132"
            ])
        #expect(try explain("{}", status: 404).notes.count == 1)
        #expect(try explain(#"{"error":{"code":"NotFoundError"}}"#, status: 404).notes.isEmpty)
    }

    @Test func `a page that is no JSON is a failure, never a verdict`() throws {
        let body = try event(explain(nil))
        #expect(body?["reason"] == .text("provider_unavailable") && body?["error"] == .integer(200))
    }

    @Test func `addresses that are never looked up are noted, and never blocked`() throws {
        let many = #"{"data":{"attributes":{"last_analysis_stats":{"malicious":60}}}}"#
        #expect(try event(explain(many))?["block"] == .text("yes"))
        let allowed = try explain(many, allowlisted: true)
        #expect(event(allowed)?["block"] == .text("no"))
        #expect(allowed.notes.last == "the address is on the allowlist: the daemon never looks it up")
        let own = try explain(many, address: .v4(0x0a00_0001))
        #expect(own.notes.last == "the address is not a public one: the daemon never looks it up")
    }

    @Test func `the account tells the rules in their order, one line each`() throws {
        let text = try explain(
            #"{"data":{"id":"64.62.197.132","type":"ip_address","attributes":{"last_analysis_date":1757064600,"#
                + #""last_analysis_stats":{"malicious":1,"harmless":59},"as_owner":"A\nB\u001b[1m","asn":6939,"#
                + #""tags":["tor"]}}}"#
        ).description
        #expect(
            text == """
                64.62.197.132: suspicious
                  analysis    1 malicious and 0 suspicious of 60, 91.0 days ago
                  reputation  0
                  tags        tor
                  network     A B [1m, AS6939
                  rules, in their order:
                  engines     a weak hit, 91.0 days old, more than 90.0: unknown
                  score       0.0: changes nothing
                  risk tags   tor, and there is a hit: unknown becomes suspicious
                  pivot       borderline, but no communicating files are known
                  severity    low, by malicious engines: 1
                  block       no: the verdict is not malicious
                """)
    }

    @Test func `a stale entry of the cache is judged with its pivot, and noted`() {
        let source = EventSource(eventID: "", address: address, alertID: "", timestamp: "", ruleID: "")
        let facts = ReputationFacts(stats: .init(suspicious: 1, total: 90))
        let explanation = Explanation(
            source, cached: .found(facts), pivot: PivotFacts(totalFiles: 4, strongFiles: 3),
            cache: .init(isHit: true, isStale: true, ageSeconds: 5),
            .init(now: 1_764_927_000, settings: VerdictSettings(), allowlisted: false))
        #expect(event(explanation)?["verdict"] == .text("malicious"))
        #expect(event(explanation)?["cache"]?["stale"] == .text("yes"))
        #expect(explanation.notes.count == 1)
    }
}
