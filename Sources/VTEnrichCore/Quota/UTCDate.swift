/// A calendar date in UTC: VirusTotal counts by natural day and month in UTC (`virustotal.md` §3).
package struct UTCDate: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date of a wall clock time, seconds since 1970.
    package init(wall: Double) {
        self.init(daysSince1970: Int((wall / 86_400).rounded(.down)))
    }

    /// Days to civil date by counting from 1 March of a 400-year era, in which leap days come last.
    init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// `2025-12-05`; sorts as the dates do.
    package var description: String { "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }
    /// `2025-12`, the prefix of the month's dates.
    package var monthPrefix: String { String(description.dropLast(3)) }

    package static func < (left: UTCDate, right: UTCDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// The wall clock time of the next 00:00 UTC.
    package static func nextDay(after wall: Double) -> Double {
        ((wall / 86_400).rounded(.down) + 1) * 86_400
    }

    /// The wall clock time of 00:00 UTC on the first of the next month.
    package static func nextMonth(after wall: Double) -> Double {
        let month = UTCDate(wall: wall).month
        var time = nextDay(after: wall)
        while UTCDate(wall: time).month == month { time += 86_400 }
        return time
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
