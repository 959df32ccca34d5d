/// What an output is told of one alert: the alert as far as it is kept, and the event that Wazuh got for it. It lies in the
/// outbox as JSON, `{"day":"2026-03-02","alert":{…},"event":{…}}`, made when the event is made, and each output words it when it sends it.
///
/// Every text in it may be the attacker's: who writes it somewhere escapes it for there.
package struct OutputNotice: Sendable, Equatable {
    /// In the shape of Wazuh's own alert, with what is kept of it.
    package let alert: JSONValue
    /// `virustotal_ip` of the event (contract §3).
    package let finding: JSONValue
    package let address: IPAddress
    /// The UTC date when it was made.
    package let day: String

    /// nil for what is no such document.
    package init?(_ body: [UInt8]) {
        guard let document = JSONValue(parsing: body), let event = document["event"], let alert = document["alert"],
            let finding = event["virustotal_ip"], let address = event["srcip"]?.text.flatMap({ IPAddress($0) }),
            let day = document["day"]?.text, case .object(var members) = alert
        else { return nil }
        // Kept once, in the event.
        members["full_log"] = event["original_full_log"]
        (self.alert, self.finding, self.address, self.day) = (.object(members), finding, address, day)
    }

    /// The document for the outbox.
    /// - Parameters:
    ///   - event: the JSON of `EnrichedEvent`.
    ///   - day: UTC.
    package static func make(_ source: EventSource, event: [UInt8], day: UTCDate) -> [UInt8] {
        var json = JSONWriter(capacity: event.count + 512)
        json.beginObject()
        json.member("day", day.description)
        json.beginObject("alert")
        json.member("timestamp", source.timestamp, limit: 64)
        writeRule(source, to: &json)
        writeOrigin(source, to: &json)
        json.endObject()
        json.key("event")
        json.raw(event)
        json.endObject()
        return json.bytes
    }

    private static func writeRule(_ source: EventSource, to json: inout JSONWriter) {
        json.beginObject("rule")
        if let level = source.level { json.member("level", level) }
        if let description = source.ruleDescription { json.member("description", description, limit: 1_024) }
        json.member("id", source.ruleID, limit: 32)
        json.key("groups")
        json.raw("[")
        for group in source.ruleGroups.prefix(64) {
            json.separate(after: UInt8(ascii: "["))
            json.string(group, limit: 128)
        }
        json.raw("]")
        json.endObject()
    }

    private static func writeOrigin(_ source: EventSource, to json: inout JSONWriter) {
        if let agent = source.agent {
            json.beginObject("agent")
            json.member("id", agent.id, limit: 32)
            json.member("name", agent.name, limit: 256)
            if let ip = agent.ip { json.member("ip", ip, limit: 64) }
            json.endObject()
        }
        if let manager = source.manager {
            json.beginObject("manager")
            json.member("name", manager, limit: 256)
            json.endObject()
        }
        json.member("id", source.alertID, limit: 128)
        json.beginObject("data")
        json.member("srcip", source.address.description)
        json.endObject()
        if let location = source.location { json.member("location", location, limit: 1_024) }
    }
}

// What the outputs speak of.
extension OutputNotice {
    package var alertID: String { alert["id"]?.text ?? "" }
    package var timestamp: String { alert["timestamp"]?.text ?? "" }
    package var ruleID: String { alert["rule"]?["id"]?.text ?? "" }
    package var ruleLevel: Int { alert["rule"]?["level"]?.whole ?? 0 }
    package var ruleDescription: String { alert["rule"]?["description"]?.text ?? "N/A" }
    package var fullLog: String { alert["full_log"]?.text ?? "" }
    /// `web (007)`; nil for an agentless alert.
    package var agent: String? {
        guard let agent = alert["agent"] else { return nil }
        return "\(agent["name"]?.text ?? "") (\(agent["id"]?.text ?? ""))"
    }

    package var eventID: String { finding["id"]?.text ?? "" }
    package var verdict: String { finding["verdict"]?.text ?? "" }
    package var isFound: Bool { finding["found"]?.whole == 1 }
    package var isBlocked: Bool { finding["block"]?.text == "yes" }
    /// 1...3; what is not known is low.
    package var severity: Int { finding["severity"]?.whole ?? 1 }
    /// A case's: at least high where the address is to be blocked, as the article opens it.
    package var caseSeverity: Int { isBlocked ? max(3, severity) : severity }
    /// `23/90`.
    package var detections: String? { finding["detections"]?.text }
    package var permalink: String { "https://www.virustotal.com/gui/ip-address/\(address)" }

    package var tags: [String] {
        guard case .array(let tags)? = finding["tags"] else { return [] }
        return tags.compactMap(\.text)
    }

    /// What is known of the address, as label and value, in the article's order.
    package var intelligence: [(label: String, value: String)] {
        var facts = [("IP", address.description), ("Verdict", verdict)]
        if let detections { facts.append(("VT malicious", "\(detections) engines")) }
        for (label, key) in [("VT harmless", "harmless"), ("VT suspicious", "suspicious")] {
            if let count = finding["counts"]?[key]?.whole { facts.append((label, String(count))) }
        }
        let texts = [("Country", "country"), ("Owner", "as_owner"), ("ASN", "asn"), ("Network", "network")]
        for (label, key) in texts {
            if let text = finding[key]?.text { facts.append((label, text)) }
        }
        if isFound { facts.append(("Tags", tags.isEmpty ? "none" : tags.prefix(20).joined(separator: ", "))) }
        if let reputation = finding["reputation"]?.whole { facts.append(("Reputation", String(reputation))) }
        if let date = finding["last_analysis_date"]?.text { facts.append(("Last reported", date)) }
        if let score = finding["abuseipdb"]?["score"]?.whole {
            let reports = finding["abuseipdb"]?["reports"]?.whole ?? 0
            facts.append(("AbuseIPDB", "score \(score), \(reports) reports"))
        }
        if let text = finding["description"]?.text { facts.append(("Not enriched", text)) }
        if isBlocked { facts.append(("Block", "yes")) }
        return facts
    }

    /// The alert as label and value.
    package var alertDetails: [(label: String, value: String)] {
        [
            ("Rule ID", ruleID), ("Rule", ruleDescription), ("Agent", agent ?? "agentless"),
            ("Level", String(ruleLevel)), ("Timestamp", timestamp), ("Location", alert["location"]?.text ?? ""),
            ("Alert ID", alertID),
        ].filter { !$0.1.isEmpty }
    }
}

extension JSONValue {
    package var whole: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// Indented by two spaces, members sorted by name: for people.
    func indented(_ indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .object(let members) where !members.isEmpty:
            let lines = members.sorted { $0.key < $1.key }.map { key, value in
                "\(inner)\(String(decoding: JSONValue.text(key).bytes, as: UTF8.self)): \(value.indented(inner))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        case .array(let elements) where elements.contains(where: \.isContainer):
            let lines = elements.map { inner + $0.indented(inner) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
        default: return String(decoding: bytes, as: UTF8.self)
        }
    }

    private var isContainer: Bool {
        switch self {
        case .object, .array: true
        default: false
        }
    }
}
