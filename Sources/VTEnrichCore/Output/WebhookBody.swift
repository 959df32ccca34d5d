/// The bodies that webhooks are posted, but for an administrator's own template.
package enum WebhookBody {
    /// The eight keys of Wazuh's own Shuffle integration (`outputs.md` §2), with what was found below `all_fields`.
    package static func shuffle(_ notice: OutputNotice) -> [UInt8] {
        var fields: [String: JSONValue] = [:]
        if case .object(let alert) = notice.alert { fields = alert }
        fields["virustotal_ip"] = notice.finding
        let level = notice.ruleLevel
        return JSONValue.object([
            "severity": .integer(level <= 4 ? 1 : level <= 7 ? 2 : 3), "pretext": .text("WAZUH Alert"),
            "title": .text(notice.ruleDescription), "text": .text(notice.fullLog), "rule_id": .text(notice.ruleID),
            "timestamp": .text(notice.timestamp), "id": .text(notice.alertID), "all_fields": .object(fields),
        ]).bytes
    }

    /// An attachment like that of Wazuh's own Slack integration, coloured by the verdict; every text escaped, none read as
    /// mrkdwn (`outputs.md` §3).
    package static func slack(_ notice: OutputNotice) -> [UInt8] {
        func text(_ text: String, _ limit: Int = 300) -> JSONValue { .text(SafeText.slack(text, limit: limit)) }
        func field(_ title: String, _ value: String) -> JSONValue {
            .object(["title": .text(title), "value": text(value), "short": .bool(true)])
        }
        let facts = notice.intelligence.filter { !["IP", "Verdict"].contains($0.label) }
        let heading = "\(notice.address) is \(notice.verdict)" + (notice.detections.map { ", \($0) engines" } ?? "")
        var attachment: [String: JSONValue] = [
            "color": .text(colour(notice)), "fallback": text(heading), "pretext": .text("WAZUH Alert"),
            "title": text("\(heading): \(notice.ruleDescription)"), "title_link": .text(notice.permalink),
            "text": text(notice.fullLog, 2_000), "mrkdwn_in": .array([]),
            "fields": .array(
                [
                    field("Agent", notice.agent ?? "agentless"),
                    field("Rule ID", "\(notice.ruleID) (level \(notice.ruleLevel))"),
                ] + facts.map { field($0.label, $0.value) }),
        ]
        if let date = RFC3339.seconds(notice.timestamp) { attachment["ts"] = .integer(Int(date)) }
        return JSONValue.object([
            "attachments": .array([.object(attachment)]), "parse": .text("none"), "link_names": .bool(false),
            "unfurl_links": .bool(false), "unfurl_media": .bool(false),
        ]).bytes
    }

    private static func colour(_ notice: OutputNotice) -> String {
        switch Verdict(rawValue: notice.verdict) {
        case .malicious: "danger"
        case .suspicious: "warning"
        case .unknown: "good"
        case nil: "#808080"
        }
    }
}
