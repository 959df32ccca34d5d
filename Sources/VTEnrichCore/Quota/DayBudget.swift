/// What the UTC day and month still allow, and how much of it is held back for high levels.
package struct DayBudget: Sendable, Equatable {
    package var limits: QuotaLimits
    /// Requests of this UTC day and month so far.
    package var dayUsed: Int
    package var monthUsed: Int

    package init(limits: QuotaLimits, dayUsed: Int, monthUsed: Int) {
        self.limits = limits
        self.dayUsed = dayUsed
        self.monthUsed = monthUsed
    }

    package enum Decision: Sendable, Equatable {
        case allowed
        /// Only `reserve_level` and above may spend what is left at this hour.
        case held
        /// Nothing until 00:00 UTC.
        case daySpent
        /// Nothing until the first of next month, 00:00 UTC.
        case monthSpent
    }

    /// May an alert of this level spend a request now?
    package func decide(level: Int, wall: Double) -> Decision {
        if monthUsed >= limits.perMonth { return .monthSpent }
        if dayUsed >= limits.perDay { return .daySpent }
        if level >= limits.reserveLevel { return .allowed }
        return dayUsed + held(at: wall) >= limits.perDay ? .held : .allowed
    }

    /// What low levels may have spent by `wall` (of the same day), less what is spent already.
    package func left(at wall: Double) -> Int {
        min(limits.perDay - dayUsed - held(at: wall), limits.perMonth - monthUsed)
    }

    /// How many requests are held back now: the reserve, shrinking linearly to nothing at 24:00 UTC, and none for an account
    /// of fewer than 20 a day (contract §2).
    package func held(at wall: Double) -> Int {
        guard limits.perDay >= 20 else { return 0 }
        let full: Double =
            switch limits.reserve {
            case .percent(let percent): Double(limits.perDay) * percent / 100
            case .count(let count): Double(min(count, limits.perDay))
            }
        let passed = (wall / 86_400) - (wall / 86_400).rounded(.down)
        return Int((full * (1 - passed)).rounded(.up))
    }
}
