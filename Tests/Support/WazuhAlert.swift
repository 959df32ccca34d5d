import Foundation

/// The alert that a manager with the project's rules writes for one of the daemon's events (`wazuh.md` §5, §6).
package enum WazuhAlert {
    /// One line of alerts.json with its newline; nil when no rule takes the event.
    ///
    /// - Parameters:
    ///   - number: makes the alert's id.
    ///   - now: seconds since 1970.
    package static func line(for event: ReceivedEvent, number: Int, now: Double) -> [UInt8]? {
        guard let json = event.json, json["integration"] as? String == "virustotal_ip",
            event.location == "virustotal_ip",
            let rule = rule(for: event)
        else { return nil }
        let alert: [(String, Any)] = [
            ("timestamp", timestamp(now)),
            ("rule", ["level": rule.level, "id": rule.id, "groups": ["virustotal", "vt_ip"], "mail": false]),
            ("agent", agent(event)), ("manager", ["name": "manager"]), ("id", "\(Int(now)).\(number)"),
            ("decoder", ["name": "json"]), ("data", flattened(json) ?? [:] as [String: String]),
            ("location", event.location),
        ]
        // analysisd writes the timestamp first; JSONSerialization would not.
        let members = alert.map { "\"\($0.0)\":" + text($0.1) }
        return Array("{\(members.joined(separator: ","))}\n".utf8)
    }

    /// The rules of the project by their ids: 199900 takes what its children leave.
    private static func rule(for event: ReceivedEvent) -> (id: String, level: Int)? {
        switch (event.text("virustotal_ip.verdict"), event.text("virustotal_ip.block")) {
        case ("malicious", "yes"): ("199905", 13)
        case ("malicious", _): ("199901", 12)
        case ("suspicious", _): ("199902", 7)
        case ("unknown", _): ("199903", 3)
        case ("unenriched", _): ("199904", 4)
        case ("notice", _): ("199906", 4)
        default: ("199900", 3)
        }
    }

    private static func agent(_ event: ReceivedEvent) -> [String: String] {
        var agent = ["id": event.agentID, "name": event.agentName ?? "manager"]
        if let address = event.agentAddress, address != "any" { agent["ip"] = address }
        return agent
    }

    /// Values as analysisd's JSON decoder leaves them: all text, integers of a C int without point, other numbers by
    /// `%f`, empty text gone, arrays as they are.
    package static func flattened(_ value: Any) -> Any? {
        switch value {
        case let members as [String: Any]: return members.compactMapValues(flattened)
        case let elements as [Any]: return elements
        case let text as String: return text.isEmpty ? nil : text
        case is NSNull: return "null"
        case let number as NSNumber:
            if CFNumberIsBoolean(number) { return number.boolValue ? "true" : "false" }
            let double = number.doubleValue
            let isInt = double == double.rounded() && abs(double) <= Double(Int32.max)
            return isInt ? String(Int(double)) : String(format: "%f", double)
        default: return nil
        }
    }

    private static func CFNumberIsBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }

    private static func text(_ value: Any) -> String {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
        let data = try? JSONSerialization.data(withJSONObject: value, options: options)
        return String(decoding: data ?? Data("null".utf8), as: UTF8.self)
    }

    /// `2025-07-21T12:41:18.157+0000`, here always in UTC.
    package static func timestamp(_ seconds: Double) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss.SSSxx"
        return formatter.string(from: Date(timeIntervalSince1970: seconds))
    }
}
