import VTEnrichCore

/// One `<integration>` block of `ossec.conf` as integratord reads it (`wazuh.md` §1.1), and what an administrator who
/// moves it should know.
struct IntegrationBlock: Equatable {
    /// What is said about the block, at a line of the file.
    struct Note: Equatable {
        var line: Int
        var text: String
    }

    let line: Int
    private(set) var name: String?
    /// What the block lets through; without keys, every alert. Meaningless where the block is not `usable`.
    private(set) var filter = AlertFilter()
    /// False for a block that never lets anything through, or that integratord refuses.
    private(set) var isUsable = true
    private(set) var hasKey = false
    private(set) var notes: [Note] = []

    private static let otherOptions: Set = [
        "hook_url", "alert_format", "max_log", "timeout", "retries", "options",
    ]

    init(_ element: WazuhElement) {
        line = element.line
        for option in element.children { take(option) }
        for (repeated, first) in Self.repetitions(in: element.children) {
            add(
                repeated.line, "<\(repeated.name)> is given again: only this one counts, not that of line \(first.line)"
            )
        }
        judgeName()
    }

    /// Of the options that do not add up, those given again, each with the first of its name.
    private static func repetitions(in options: [WazuhElement]) -> [(WazuhElement, WazuhElement)] {
        ["name", "group", "level", "event_location"].compactMap { name in
            let given = options.filter { $0.name == name }
            return given.count > 1 ? (given[given.count - 1], given[0]) : nil
        }
    }

    private mutating func take(_ option: WazuhElement) {
        switch option.name {
        case "name": name = String(option.text.trimmed)
        case "group": takeGroups(option)
        case "rule_id": takeRuleIDs(option)
        case "level": takeLevel(option)
        case "event_location": takeLocation(option)
        case "api_key": hasKey = true
        case _ where Self.otherOptions.contains(option.name): break
        default:
            add(option.line, "<\(printable(option.name))> is no option: integratord does not start with it")
        }
        guard option.hasEntities, ["group", "rule_id", "level", "event_location"].contains(option.name) else { return }
        add(option.line, "integratord resolves neither entities (&amp;) nor CDATA; here they are resolved")
    }

    private mutating func takeGroups(_ option: WazuhElement) {
        filter.groups = []
        for piece in option.text.split(separator: ",", omittingEmptySubsequences: false) {
            let group = piece.trimmed
            guard !group.isEmpty else { continue }
            if group.utf8.count != piece.utf8.count {
                add(
                    option.line,
                    "\(String(piece).quotedForMessage) has white space around it, which integratord compares too; "
                        + "here it is cut, on both sides")
            }
            if let advice = Self.advice(onGroup: group) { add(option.line, advice) }
            filter.groups?.append(String(group))
        }
        if filter.groups?.isEmpty == true { giveUp(option.line, "<group> names no group, so nothing passes") }
    }

    private static func advice(onGroup group: Substring) -> String? {
        let quoted = String(group).quotedForMessage
        if let family = ValueKind<String>.complianceFamilies.first(where: { group.hasPrefix($0) }) {
            return "\(quoted) never matches: Wazuh moves groups that begin '\(family)' out of rule.groups"
        }
        if group.contains("|") {
            let parts = group.split(separator: "|").map { $0.trimmed }.joined(separator: ", ")
            return "\(quoted) is compared as a whole and never matches; if one of them was meant: "
                + "group: [\(printable(parts))]"
        }
        if group.hasPrefix("!") {
            return "\(quoted) is compared as a whole, '!' does not negate; if all others were meant, put "
                + "group: \(printable(String(group.dropFirst()))) below exclude:"
        }
        return nil
    }

    /// Numbers between commas; what follows a number up to the next comma is not read, and anything else ends the reading.
    private mutating func takeRuleIDs(_ option: WazuhElement) {
        var numbers: [Int] = []
        for piece in option.text.split(separator: ",") {
            let piece = piece.trimmed
            guard !piece.isEmpty else { continue }
            let digits = piece.prefix { ("0"..."9").contains($0) }
            guard let number = Int(digits), number < 1_000_000_000 else {
                add(option.line, "\(String(piece).quotedForMessage) is no rule id: it and what follows it is not read")
                break
            }
            numbers.append(number)
            guard digits.count < piece.count else { continue }
            let meant = Self.range(String(piece)).map { "; if the range was meant: rule_id: [\($0)]" } ?? ""
            add(option.line, "\(String(piece).quotedForMessage) is read as \(number)\(meant)")
        }
        if numbers.isEmpty {
            add(option.line, "<rule_id> holds no number: integratord takes every rule for it")
        } else {
            filter.ruleIDs = (filter.ruleIDs ?? []) + numbers.map { $0...$0 }
        }
        if Self.stopsEarly(option.text) {
            add(
                option.line,
                "integratord stops reading <rule_id> at the line break or tab in it; here it is read to its end")
        }
    }

    /// Whether a line break or a tab stands where integratord looks for a number: it knows spaces and commas only.
    private static func stopsEarly(_ text: String) -> Bool {
        text.split(separator: ",").contains { piece in
            piece.prefix { !("0"..."9").contains($0) }.contains { $0 != " " && $0.isWhitespace }
        }
    }

    /// `100-200` where it is one.
    private static func range(_ text: String) -> String? {
        let ends = text.split(separator: "-").map { Int($0.trimmed) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { return nil }
        return "\(first)-\(last)"
    }

    private mutating func takeLevel(_ option: WazuhElement) {
        let text = option.text.trimmed
        guard let level = Int(text), level >= 0, text.allSatisfy(\.isNumber) else {
            giveUp(
                option.line, "<level> \(option.text.quotedForMessage) is no number: integratord does not start with it")
            return
        }
        guard level <= 16 else {
            giveUp(option.line, "<level> \(level) is above 16, the highest there is, so nothing passes")
            return
        }
        if level == 0 { add(option.line, "<level> 0 is no condition") }
        filter.level = level == 0 ? nil : level
    }

    private mutating func takeLocation(_ option: WazuhElement) {
        let text = option.text.trimmed
        if text.utf8.count != option.text.utf8.count {
            add(
                option.line,
                "<event_location> has white space around it, which integratord compares too; here it is cut")
        }
        guard text.utf8.count <= 20_480 else {
            giveUp(option.line, "<event_location> is longer than the 20480 bytes that integratord takes")
            return
        }
        filter.location = text.isEmpty ? nil : LocationPattern(String(text))
    }

    private mutating func judgeName() {
        guard let name, !name.isEmpty else {
            return add(line, "the block has no <name>: integratord does not start with it")
        }
        let builtIn = ["slack", "shuffle", "pagerduty", "virustotal", "maltiverse"]
        if name == "virustotal" {
            add(
                line,
                "integration virustotal asks about hashes of files; remove this entry unless the source addresses of the same alerts are meant"
            )
        } else if !builtIn.contains(name), !name.hasPrefix("custom-") {
            add(line, "integratord disables \(name.quotedForMessage): its name must be a built-in one or begin custom-")
        } else if !name.hasPrefix("custom-virustotal") {
            add(
                line,
                "integration \(name.quotedForMessage) is not VirusTotal's: remove this entry unless its alerts are to be looked up"
            )
        }
    }

    private mutating func giveUp(_ line: Int, _ text: String) {
        isUsable = false
        add(line, text)
    }

    private mutating func add(_ line: Int, _ text: String) {
        notes.append(Note(line: line, text: text))
    }
}
