import Foundation
import Testing
import VTEnrichCore

private let explainer = Explainer(
    selection: SelectionSettings(), verdict: VerdictSettings(), location: "virustotal_ip")

private func explain(_ line: String, _ explainer: Explainer = explainer) throws -> JSONValue {
    try #require(JSONValue(parsing: explainer.explain(line: Array(line.utf8), now: 1_764_927_000)))
}

private func line(_ alert: String, rest: String = "") -> String {
    #"{"alert":{"rule":{"id":"5710","level":5},"id":"1.2",\#(alert)}\#(rest)}"#
}

/// What of `expected` is missing or different in `found`.
private func difference(_ expected: JSONValue?, _ found: JSONValue?, at path: String) -> String? {
    switch (expected, found) {
    case (.object(let members)?, .object?):
        return members.lazy.compactMap { difference($1, found?[$0], at: path + "." + $0) }.first
    case (.integer(let left)?, .decimal(let right)?) where Double(left) == right: return nil
    default: return expected == found ? nil : "\(path): \(expected as Any), but \(found as Any)"
    }
}

struct ExplainerTests {
    /// Made by running the published reference integration on answers drawn at random; nulls left out.
    @Test func `the reference's cases give its prefix and its event`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: folder.appending(path: "Fixtures/verdict-vectors.ndjson"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines.count >= 20)
        for (number, line) in lines.enumerated() {
            let expected = try #require(JSONValue(parsing: Array(line.utf8))?["expect"])
            let difference = difference(expected, try explain(String(line)), at: "case \(number + 1)")
            #expect(difference == nil)
        }
    }

    @Test(arguments: [
        ("", "the line is no JSON object"), ("[]", "the line is no JSON object"),
        ("{}", "the line has no alert object"),
        (#"{"alert":[]}"#, "the line has no alert object"), (#"{"alert":{}}"#, "the alert has no rule"),
        (line(#""data":{"srcip":"10.0.0.1"}"#), "no address field of the alert holds a public address"),
        (line(#""data":{"srcip":7}"#), "no address field of the alert holds a public address"),
        (
            #"{"alert":{"rule":{"id":"1","groups":["vt_ip"]},"data":{"srcip":"8.8.8.8"}}}"#,
            "the alert is one of vtenrichd's own events: those are never enriched"
        ),
        (
            #"{"alert":{"rule":{"id":"651","groups":["active_response"]},"data":{"srcip":"8.8.8.8"}}}"#,
            "the alert is feedback of active response: that is never enriched"
        ),
        (line(#""data":{"srcip":"8.8.8.8"}"#, rest: #","now":"today""#), "now is no time like 2025-12-05T09:30:00Z"),
        (line(#""data":{"srcip":"8.8.8.8"}"#, rest: #","status":"ok""#), "status is no number"),
    ])
    func `a line that gives no event says why`(line: String, error: String) throws {
        #expect(try explain(line) == .object(["prefix": .null, "event": .null, "error": .text(error)]))
    }

    @Test(arguments: ["2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::8888", "[2001:4860:4860::8888]:443"])
    func `an address has one text in the event`(text: String) throws {
        let event = try explain(line(#""data":{"srcip":"\#(text)"}"#, rest: #","response":{"data":{}}"#))["event"]
        #expect(event?["srcip"] == .text("2001:4860:4860::8888"))
        #expect(event?["virustotal_ip"]?["source"]?["ip"] == event?["srcip"])
        #expect(event?["virustotal_ip"]?["found"] == .integer(1))
    }

    @Test func `the configured fields, thresholds, allowlist and location are used`() throws {
        let selection = SelectionSettings(
            filters: [AlertFilter(level: 16)], addressFields: ["data.peer"],
            allowlist: [try #require(AddressRange("8.8.8.0/24"))])
        let own = Explainer(
            selection: selection, verdict: VerdictSettings(maliciousMin: 1, blockAbove: 0), location: "a:b")
        let answer = #","response":{"data":{"attributes":{"last_analysis_stats":{"malicious":1}}}}"#
        let allowed = try explain(line(#""data":{"srcip":"1.1.1.1","peer":"8.8.8.8"}"#, rest: answer), own)
        #expect(allowed["prefix"] == .text("1:a|:b:"))
        #expect(allowed["event"]?["srcip"] == .text("8.8.8.8"))
        #expect(allowed["event"]?["virustotal_ip"]?["verdict"] == .text("malicious"))
        #expect(allowed["event"]?["virustotal_ip"]?["block"] == .text("no"))
        let other = try explain(line(#""data":{"peer":"9.9.9.9"}"#, rest: answer), own)
        #expect(other["event"]?["virustotal_ip"]?["block"] == .text("yes"))
    }
}
