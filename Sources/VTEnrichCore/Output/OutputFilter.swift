/// Which events an output is told of.
package struct OutputFilter: Sendable, Equatable {
    /// From which verdict on.
    package enum MinVerdict: String, Sendable, CaseIterable {
        /// Events without a verdict too.
        case any
        case unknown, suspicious, malicious
    }

    package var minVerdict: MinVerdict
    /// 1 low, 2 medium, 3 high. An event without a severity is low.
    package var minSeverity: Int
    /// Only what is to be blocked.
    package var onlyBlocked: Bool
    /// Empty: every alert. The alert passes when any entry does.
    package var filters: [AlertFilter]
    /// Wins over `filters`.
    package var exclude: [AlertFilter]

    package init(
        minVerdict: MinVerdict = .suspicious, minSeverity: Int = 1, onlyBlocked: Bool = false,
        filters: [AlertFilter] = [], exclude: [AlertFilter] = []
    ) {
        self.minVerdict = minVerdict
        self.minSeverity = minSeverity
        self.onlyBlocked = onlyBlocked
        self.filters = filters
        self.exclude = exclude
    }

    /// - Parameter judgement: nil where the event has no facts.
    package func takes(_ source: EventSource, verdict: Verdict?, _ judgement: Judgement?) -> Bool {
        guard Self.rank(verdict) >= minRank else { return false }
        guard (judgement?.severity.rawValue ?? 1) >= minSeverity else { return false }
        if onlyBlocked, judgement?.block != true { return false }
        guard !filters.isEmpty || !exclude.isEmpty else { return true }
        let alert = Alert(
            id: source.alertID, timestamp: source.timestamp,
            rule: Alert.Rule(id: source.ruleID, level: source.level, groups: source.ruleGroups),
            location: source.location)
        if exclude.contains(where: { $0.passes(alert) }) { return false }
        return filters.isEmpty || filters.contains { $0.passes(alert) }
    }

    private var minRank: Int {
        switch minVerdict {
        case .any: 0
        case .unknown: 1
        case .suspicious: 2
        case .malicious: 3
        }
    }

    private static func rank(_ verdict: Verdict?) -> Int {
        switch verdict {
        case nil: 0
        case .unknown: 1
        case .suspicious: 2
        case .malicious: 3
        }
    }
}
