/// When the last waiting address will have been asked about, if nothing more comes.
package enum BacklogEstimate {
    /// Wall clock; nil when the limits never allow it, or not within ten years.
    package static func clearsAt(waiting: Int, budget: DayBudget, now: Double) -> Double? {
        guard waiting > 0 else { return now }
        let limits = budget.limits
        guard limits.perMinute > 0, limits.perDay > 0, limits.perMonth > 0 else { return nil }
        let secondsEach = MinuteLog.hold / Double(limits.perMinute)
        var (left, time) = (waiting, now)
        var (dayLeft, monthLeft) = (limits.perDay - budget.dayUsed, limits.perMonth - budget.monthUsed)
        while time < now + 3_650 * 86_400 {
            let midnight = UTCDate.nextDay(after: time)
            let capacity = max(0, min(dayLeft, monthLeft, Int((midnight - time) / secondsEach)))
            if left <= capacity { return time + Double(left) * secondsEach }
            left -= capacity
            monthLeft -= capacity
            if UTCDate(wall: midnight).month != UTCDate(wall: time).month { monthLeft = limits.perMonth }
            dayLeft = limits.perDay
            time = midnight
        }
        return nil
    }
}
