/// One entry of `filters` or `exclude`: every given key must pass (`wazuh.md` §1.1).
package struct AlertFilter: Sendable, Equatable {
    /// Passes when any of these equals any element of `rule.groups`, both trimmed; case-sensitive. nil: not given.
    package var groups: [String]?
    /// Passes when `rule.id` lies in any of these. nil: not given.
    package var ruleIDs: [ClosedRange<Int>]?
    /// Passes when `rule.level` is at least this. nil: not given.
    package var level: Int?
    /// integratord's pattern over `location`. nil: not given.
    package var location: LocationPattern?

    package init(
        groups: [String]? = nil, ruleIDs: [ClosedRange<Int>]? = nil, level: Int? = nil,
        location: LocationPattern? = nil
    ) {
        self.groups = groups
        self.ruleIDs = ruleIDs
        self.level = level
        self.location = location
    }
}

extension AlertFilter {
    /// Whether every given key passes, as integratord has it, but for groups being trimmed on both sides and rule ids
    /// taken in ranges. What an alert lacks, fails.
    package func passes(_ alert: Alert) -> Bool {
        if let groups, !groups.contains(where: { alert.rule.hasGroup($0.trimmed) }) { return false }
        if let location, !(alert.location.map { location.matches($0) } ?? false) { return false }
        return passes(level: alert.rule.level) && passes(ruleNumber: Self.ruleNumber(alert.rule.id.utf8))
    }

    /// A level of 0 is no condition.
    func passes(level given: Int?) -> Bool {
        guard let level, level > 0 else { return true }
        return given.map { $0 >= level } ?? false
    }

    func passes(ruleNumber number: Int?) -> Bool {
        guard let ruleIDs else { return true }
        return number.map { number in ruleIDs.contains { $0.contains(number) } } ?? false
    }

    /// A rule's id as a number; nil for what is not all digits.
    static func ruleNumber(_ id: some Collection<UInt8>) -> Int? {
        guard (1...18).contains(id.count), id.allSatisfy(isASCIIDigit) else { return nil }
        return id.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

extension Alert.Rule {
    /// Whether the rule has the group, trimmed. Compared by bytes, as strcmp does: Swift takes differently composed
    /// letters for equal.
    func hasGroup(_ group: some StringProtocol) -> Bool {
        groups.contains { $0.trimmed.utf8.elementsEqual(group.utf8) }
    }
}
