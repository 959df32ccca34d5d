/// An address whose alerts wait for a lookup.
package struct LookupCandidate: Sendable, Equatable {
    package var address: IPAddress
    /// The highest rule level among its alerts.
    package var level: Int
    package var alerts: Int
    /// Wall clock of the first acceptance.
    package var firstAt: Double

    package init(address: IPAddress, level: Int, alerts: Int, firstAt: Double) {
        self.address = address
        self.level = level
        self.alerts = alerts
        self.firstAt = firstAt
    }
}

/// Who is asked about next: by class of rule level, then by how many alerts wait, then by age. An address rises a class with
/// every third of `max_wait` that it has waited, so that nothing starves below a steady stream of higher ones.
///
/// When the budget left is less than what addresses seen often will need, those seen once wait: skipping them costs one alert
/// each, skipping the others many. On a day that fits the budget the comparison never bites and nobody waits.
package struct LookupOrder: Sendable, Equatable {
    private let budget: DayBudget
    private let forecast: DemandForecast
    private let maxWait: Double
    private let now: Double

    /// `now`: wall clock; `maxWait`: seconds.
    package init(budget: DayBudget, forecast: DemandForecast, maxWait: Double, now: Double) {
        self.budget = budget
        self.forecast = forecast
        self.maxWait = maxWait
        self.now = now
    }

    /// The next one; nil when nobody is there or all of them wait for better times.
    package func next(_ candidates: [LookupCandidate]) -> LookupCandidate? {
        candidates.filter { !waitsForOthers($0) }.max { isLater($0, than: $1) }
    }

    /// Whether requests that no alert waits for (refreshes, pivots) may be spent now: less was spent than an even pace allows,
    /// and the rest of the day, if it is like the last hours, will not need what is left.
    package var isSpare: Bool {
        let rest = UTCDate.nextDay(after: now) - now
        let left = Double(budget.left(at: now + rest - 1))
        return left > Double(budget.limits.perDay) * rest / 86_400 && left > forecast.addresses(within: rest)
    }

    /// Whether an address seen once has to wait for those seen often.
    package func waitsForOthers(_ candidate: LookupCandidate) -> Bool {
        guard candidate.alerts < 2, candidate.level < budget.limits.reserveLevel else { return false }
        let horizon = min(maxWait, UTCDate.nextDay(after: now) - now)
        let needed = forecast.repeated(from: LevelClass(level: candidate.level), within: horizon)
        return Double(budget.left(at: now + horizon - 1)) < needed
    }

    private func isLater(_ left: LookupCandidate, than right: LookupCandidate) -> Bool {
        let (leftClass, rightClass) = (agedClass(left), agedClass(right))
        if leftClass != rightClass { return leftClass < rightClass }
        if left.alerts != right.alerts { return left.alerts < right.alerts }
        return left.firstAt > right.firstAt
    }

    private func agedClass(_ candidate: LookupCandidate) -> Int {
        let thirds = Int(max(0, now - candidate.firstAt) / max(1, maxWait / 3))
        let top = LevelClass.high.rawValue
        let own = LevelClass(level: candidate.level).rawValue
        return max(own, min(top, own + thirds))
    }
}
