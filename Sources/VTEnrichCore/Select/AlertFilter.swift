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
