import Testing
import VTEnrichCore

@Suite struct `Day budget` {
    /// 2026-03-02T00:00:00Z.
    private let midnight = 1_772_409_600.0

    @Test func `the reserve shrinks linearly to nothing at midnight`() {
        let budget = DayBudget(limits: QuotaLimits(), dayUsed: 0, monthUsed: 0)
        #expect(budget.held(at: midnight) == 50)
        #expect(budget.held(at: midnight + 43_200) == 25)
        #expect(budget.held(at: midnight + 86_399) == 1)
    }

    @Test func `what is held back is for high levels only`() {
        let budget = DayBudget(limits: QuotaLimits(), dayUsed: 450, monthUsed: 450)
        #expect(budget.decide(level: 5, wall: midnight) == .held)
        #expect(budget.decide(level: 12, wall: midnight) == .allowed)
        #expect(budget.decide(level: 5, wall: midnight + 43_200) == .allowed)
    }

    @Test func `an account of fewer than 20 a day holds nothing back`() {
        var limits = QuotaLimits(perDay: 19, reserve: .count(10))
        #expect(DayBudget(limits: limits, dayUsed: 0, monthUsed: 0).held(at: midnight) == 0)
        limits.perDay = 20
        #expect(DayBudget(limits: limits, dayUsed: 0, monthUsed: 0).held(at: midnight) == 10)
    }

    @Test func `day and month end the spending for every level`() {
        #expect(
            DayBudget(limits: QuotaLimits(), dayUsed: 500, monthUsed: 500).decide(level: 16, wall: midnight)
                == .daySpent)
        #expect(
            DayBudget(limits: QuotaLimits(), dayUsed: 0, monthUsed: 15_500).decide(level: 16, wall: midnight)
                == .monthSpent)
        let none = QuotaLimits(perDay: 0)
        #expect(DayBudget(limits: none, dayUsed: 0, monthUsed: 0).decide(level: 16, wall: midnight) == .daySpent)
    }

    @Test(arguments: [
        (0.0, "1970-01-01"), (-1, "1969-12-31"), (951_782_400, "2000-02-29"), (1_772_409_599, "2026-03-01"),
        (1_772_409_600, "2026-03-02"), (4_107_542_400, "2100-03-01"),
    ])
    func `T35 dates are those of UTC`(wall: Double, date: String) {
        #expect(UTCDate(wall: wall).description == date)
    }

    @Test func `T35 the windows end at 00 00 UTC of the next day and month`() {
        #expect(UTCDate.nextDay(after: midnight) == midnight + 86_400)
        #expect(UTCDate.nextDay(after: midnight - 1) == midnight)
        #expect(UTCDate(wall: UTCDate.nextMonth(after: midnight)).description == "2026-04-01")
        #expect(UTCDate(wall: UTCDate.nextMonth(after: 1_798_761_599)).description == "2027-01-01")
    }

    @Test func `the estimate fills the days that the backlog needs`() {
        let budget = DayBudget(limits: QuotaLimits(), dayUsed: 490, monthUsed: 490)
        let soon = BacklogEstimate.clearsAt(waiting: 4, budget: budget, now: midnight)
        #expect(soon == midnight + 61)
        let later = BacklogEstimate.clearsAt(waiting: 10 + 500 + 4, budget: budget, now: midnight)
        #expect(later == midnight + 2 * 86_400 + 61)
        let never = DayBudget(limits: QuotaLimits(perDay: 0), dayUsed: 0, monthUsed: 0)
        #expect(BacklogEstimate.clearsAt(waiting: 1, budget: never, now: midnight) == nil)
    }
}
