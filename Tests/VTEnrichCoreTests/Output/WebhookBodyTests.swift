import Foundation
import Testing

@testable import VTEnrichCore

struct WebhookBodyTests {
    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func `Shuffle gets the eight keys of Wazuh's own integration, and the verdict below all_fields`() throws {
        let body = try object(WebhookBody.shuffle(NoticeSample.notice(malicious: 23)))
        #expect(
            body.keys.sorted() == [
                "all_fields", "id", "pretext", "rule_id", "severity", "text", "timestamp", "title",
            ])
        #expect(body["severity"] as? Int == 3 && body["pretext"] as? String == "WAZUH Alert")
        #expect(body["rule_id"] as? String == "100200" && body["id"] as? String == "1753101678.8211")
        let fields = try #require(body["all_fields"] as? [String: Any])
        #expect((fields["data"] as? [String: Any])?["srcip"] as? String == "110.35.80.116")
        #expect((fields["rule"] as? [String: Any])?["description"] as? String == "SSH Brute Force on Honeypot")
        let finding = try #require(fields["virustotal_ip"] as? [String: Any])
        #expect(finding["verdict"] as? String == "malicious" && finding["detections"] as? String == "23/90")
    }

    @Test(arguments: [(23, "danger"), (1, "danger"), (0, "good")])
    func `Slack's colour is the verdict's`(engines: Int, colour: String) throws {
        let body = try object(WebhookBody.slack(NoticeSample.notice(malicious: engines)))
        let attachment = try #require((body["attachments"] as? [[String: Any]])?.first)
        #expect(attachment["color"] as? String == colour)
        #expect((attachment["title"] as? String)?.hasPrefix("110.35.80.116 is ") == true)
    }

    @Test func `hostile text pings nobody and links nowhere in Slack`() throws {
        let body = try object(WebhookBody.slack(NoticeSample.notice(malicious: 8, text: NoticeSample.hostile)))
        let attachment = try #require((body["attachments"] as? [[String: Any]])?.first)
        let fields = attachment["fields"] as? [[String: Any]] ?? []
        let texts =
            ["title", "text", "fallback"].compactMap { attachment[$0] as? String }
            + fields.compactMap { $0["value"] as? String }
        #expect(texts.contains { $0.contains("&lt;!channel&gt;") })
        for text in texts {
            #expect(!text.contains("<") && !text.contains(">") && !text.contains("\u{202E}"))
        }
        #expect(attachment["mrkdwn_in"] as? [String] == [] && body["parse"] as? String == "none")
    }

    @Test func `what is in the outbox reads back, hostile or not, and keeps its bounds`() throws {
        let long = String(repeating: NoticeSample.hostile, count: 500)
        let bytes = NoticeSample.body(malicious: 8, text: long)
        #expect(bytes.count < 24_000)
        let notice = try #require(OutputNotice(bytes))
        #expect(notice.address.description == "110.35.80.116" && notice.fullLog.hasPrefix("</pre>"))
        #expect(WebhookBody.slack(notice).count < 20_000)
    }

    @Test(arguments: [
        "", "{}", "{\"day\":\"x\"}", "[]",
        "{\"day\":\"d\",\"alert\":{},\"event\":{\"srcip\":\"x\",\"virustotal_ip\":{}}}",
    ])
    func `what is no notice is refused`(text: String) {
        #expect(OutputNotice(Array(text.utf8)) == nil)
    }
}

struct OutputServiceTests {
    private static let duplicate = #"{"type":"CreateError","message":"Alert x already exists"}"#
    private static let missing = #"{"type":"CreateError","message":"custom field is unknown"}"#

    /// What each service's answer means: d delivered, u unanswered, r again, x dead, s refused.
    @Test(
        arguments: [
            (OutputService.theHive, 201, "{}", "d"), (.theHive, 400, duplicate, "d"), (.theHive, 409, "", "d"),
            (.theHive, 400, missing, "x"), (.theHive, 401, "", "s"), (.theHive, 403, "", "s"), (.theHive, 404, "", "s"),
            (.theHive, 404, #"{"type":"NotFoundError"}"#, "x"), (.theHive, 429, "", "r"), (.theHive, 500, "", "r"),
            (.theHive, 503, "", "r"), (.theHive, 302, "", "s"), (.theHive, 413, "", "x"),
            (.shuffle, 200, #"{"success":true}"#, "d"), (.shuffle, 200, #"{"success":false}"#, "x"),
            (.shuffle, 400, "", "s"),
            (.shuffle, 401, "", "s"), (.shuffle, 500, #"{"success":false}"#, "r"), (.shuffle, 429, "", "r"),
            (.slack, 200, "ok", "d"), (.slack, 400, "invalid_payload", "x"), (.slack, 404, "no_active_hooks", "s"),
            (.slack, 410, "channel_is_archived", "s"), (.slack, 403, "invalid_token", "s"), (.slack, 429, "", "r"),
            (.slack, 500, "rollup_error", "r"), (.other, 204, "", "d"), (.other, 422, "", "x"), (.other, 404, "", "s"),
        ] as [(OutputService, Int, String, String)])
    func `an answer is success, again, dead or refused`(service: OutputService, status: Int, body: String, kind: String)
    {
        let outcome = service.judge(.answer(status: status, body: Array(body.utf8), retryAfter: 7))
        #expect(Self.letter(outcome) == kind, "\(outcome)")
        if case .retry(_, let after) = outcome { #expect(after == 7) }
    }

    @Test(
        arguments: [
            (OutputService.theHive, true, "r"), (.theHive, false, "r"), (.shuffle, true, "u"), (.shuffle, false, "r"),
            (.slack, true, "r"), (.other, true, "r"),
        ] as [(OutputService, Bool, String)])
    func `without an answer only a workflow that may have started is left alone`(
        service: OutputService, wasSent: Bool, kind: String
    ) {
        #expect(Self.letter(service.judge(.failure(cause: "timeout", wasSent: wasSent))) == kind)
    }

    private static func letter(_ outcome: OutputOutcome) -> String {
        switch outcome {
        case .delivered: "d"
        case .unanswered: "u"
        case .retry: "r"
        case .dead: "x"
        case .refused: "s"
        case .stopped: "-"
        }
    }
}

struct OutputFilterTests {
    private static func judged(_ verdict: Verdict, _ severity: Judgement.Severity, _ block: Bool) -> Judgement {
        Judgement(
            verdict: verdict, weighted: 0, ageDays: nil, severity: severity, block: block, isBorderline: false,
            pivot: nil,
            steps: [])
    }

    @Test(
        arguments: [
            (OutputFilter.MinVerdict.any, [true, true, true, true]), (.unknown, [false, true, true, true]),
            (.suspicious, [false, false, true, true]), (.malicious, [false, false, false, true]),
        ] as [(OutputFilter.MinVerdict, [Bool])])
    func `a minimum verdict counts from none over unknown to malicious`(min: OutputFilter.MinVerdict, taken: [Bool]) {
        let filter = OutputFilter(minVerdict: min)
        let verdicts: [Verdict?] = [nil, .unknown, .suspicious, .malicious]
        #expect(verdicts.map { filter.takes(NoticeSample.source(), verdict: $0, nil) } == taken)
    }

    @Test func `severity, block, groups and rules are asked too, and exclude wins`() {
        let source = NoticeSample.source()
        let (low, block) = (Self.judged(.malicious, .low, false), Self.judged(.malicious, .medium, true))
        #expect(!OutputFilter(minSeverity: 2).takes(source, verdict: .malicious, low))
        #expect(OutputFilter(minSeverity: 2).takes(source, verdict: .malicious, block))
        #expect(!OutputFilter(onlyBlocked: true).takes(source, verdict: .malicious, low))
        #expect(OutputFilter(onlyBlocked: true).takes(source, verdict: .malicious, block))
        let honeypot = AlertFilter(groups: ["honeypot"])
        #expect(OutputFilter(filters: [honeypot]).takes(source, verdict: .malicious, low))
        #expect(!OutputFilter(filters: [AlertFilter(groups: ["web"])]).takes(source, verdict: .malicious, low))
        #expect(
            OutputFilter(filters: [AlertFilter(ruleIDs: [100_200...100_299])]).takes(source, verdict: .malicious, low))
        #expect(
            !OutputFilter(filters: [honeypot], exclude: [AlertFilter(ruleIDs: [100_200...100_200])]).takes(
                source, verdict: .malicious, low))
    }
}
