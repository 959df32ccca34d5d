/// The body of TheHive 5's `POST /api/v1/alert` (`outputs.md` §1), with the sections of the article's case.
package struct TheHiveAlert: Sendable, Equatable {
    /// Bytes of the raw alert in the description.
    private static let maxRaw = 24_576

    package var type = "wazuh"
    package var source = "wazuh"
    package var tags = ["wazuh", "enriched"]
    /// 0 clear ... 4 red.
    package var tlp = 2
    /// 0 clear ... 3 red.
    package var pap = 2
    /// One case for an address and day: then the reference is made of both.
    package var onceADay = true

    package init() {}

    package func body(_ notice: OutputNotice) -> [UInt8] {
        var members: [String: JSONValue] = [
            "type": .text(type), "source": .text(source),
            "sourceRef": .text(onceADay ? "\(notice.address)-\(notice.day)" : notice.eventID),
            "title": .text(SafeText.line("[Wazuh] \(notice.ruleDescription)", limit: 400)),
            "description": .text(Self.description(notice)), "severity": .integer(notice.caseSeverity),
            "tlp": .integer(tlp), "pap": .integer(pap), "tags": .array(allTags(notice).map(JSONValue.text)),
            "externalLink": .text(notice.permalink), "observables": .array([observable(notice)]),
        ]
        if let date = RFC3339.seconds(notice.timestamp) { members["date"] = .integer(Int(date * 1_000)) }
        return JSONValue.object(members).bytes
    }

    /// Bounded and without doubles: the engines' tags are others' text.
    private func allTags(_ notice: OutputNotice) -> [String] {
        let own = tags + ["verdict:\(notice.verdict)"] + (notice.isBlocked ? ["block"] : [])
        let theirs = notice.tags.prefix(20).map { "vt:" + SafeText.line($0, limit: 64) }
        var seen: Set<String> = []
        return (own + theirs).filter { seen.insert($0).inserted }
    }

    private func observable(_ notice: OutputNotice) -> JSONValue {
        .object([
            "dataType": .text("ip"), "data": .text(notice.address.description),
            "message": .text("VirusTotal: \(notice.verdict)" + (notice.detections.map { ", \($0) engines" } ?? "")),
            "tags": .array([.text("verdict:\(notice.verdict)")]), "tlp": .integer(tlp), "pap": .integer(pap),
            "ioc": .bool(notice.verdict == Verdict.malicious.rawValue), "sighted": .bool(true),
        ])
    }

    private static func description(_ notice: OutputNotice) -> String {
        func list(_ facts: [(label: String, value: String)]) -> String {
            facts.map { "- \($0.label): \(SafeText.markdownSpan($0.value))" }.joined(separator: "\n")
        }
        return """
            ## Alert Details

            \(list(notice.alertDetails))

            ## Attacker Intelligence

            \(list(notice.intelligence))

            [VirusTotal](\(notice.permalink))

            ## Raw Alert

            \(SafeText.markdownFence(notice.alert.indented(), limit: maxRaw))
            """
    }
}
