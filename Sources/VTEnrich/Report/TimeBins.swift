import VTEnrichCore

/// The hours of a report, gathered so that a plot has at most a hundred columns.
struct TimeBins {
    let first: Int
    let count: Int
    /// Hours of each.
    let hours: Int

    init(from: Double, to: Double) {
        first = Int((from / 3_600).rounded(.down))
        let all = max(1, Int((to / 3_600).rounded(.down)) - first + 1)
        hours = [1, 2, 3, 6, 12, 24, 48, 168].first { ($0 + all - 1) / $0 <= 100 } ?? 168
        count = (all + hours - 1) / hours
    }

    /// `3 hours`, as in "3 hours each".
    var text: String { hours < 24 ? Figures.count(hours, "hour") : Figures.count(hours / 24, "day") }

    func sums(of values: [Int: [String: Int]]) -> [[String: Int]] {
        var sums = [[String: Int]](repeating: [:], count: count)
        for (hour, counts) in values where hour >= first && (hour - first) / hours < count {
            sums[(hour - first) / hours].merge(counts, uniquingKeysWith: +)
        }
        return sums
    }

    func name(_ index: Int) -> String {
        let start = Double((first + index * hours) * 3_600)
        guard hours < 24 else {
            return hours == 24 ? Figures.date(start) : "\(Figures.count(hours / 24, "day")) from \(Figures.date(start))"
        }
        return "\(Figures.date(start)) \(Figures.time(start))–\(Figures.time(start + Double(hours) * 3_600))"
    }

    /// Below the first column of a day, for up to a dozen days; of a day alone every third hour.
    func label(_ index: Int) -> String? {
        let hour = first + index * hours
        let all = count * hours
        guard all > 48 else { return hour % 3 == 0 ? Figures.time(Double(hour) * 3_600) : nil }
        let days = max(1, (all / 24 + 11) / 12)
        let sinceFirst = hour - first
        guard sinceFirst % 24 < hours, (sinceFirst / 24) % days < max(1, hours / 24) else { return nil }
        return Figures.date(Double(hour) * 3_600)
    }
}

/// The days of a report, by week when they are many.
struct DayBins {
    let first: Int
    let count: Int
    /// Days of each.
    let days: Int

    init(from: Double, to: Double) {
        first = TallyBook.day(from)
        let all = max(1, TallyBook.day(to) - first + 1)
        days = all <= 31 ? 1 : 7
        count = (all + days - 1) / days
    }

    var text: String { days == 1 ? "a day" : "7 days" }

    /// Of what belongs to a day since 1970.
    func sums<Value>(_ zero: Value, _ values: [(day: Int, value: Value)], _ add: (Value, Value) -> Value) -> [Value] {
        var sums = [Value](repeating: zero, count: count)
        for (day, value) in values where day >= first && (day - first) / days < count {
            sums[(day - first) / days] = add(sums[(day - first) / days], value)
        }
        return sums
    }

    func sums(of spent: [ReportData.QuotaDay]) -> [(ours: Int, others: Int)] {
        let byDate = Dictionary(spent.map { ($0.date, $0) }) { first, _ in first }
        let values = (0..<count * days).compactMap { offset -> (day: Int, value: (ours: Int, others: Int))? in
            byDate[UTCDate(wall: Double(first + offset) * 86_400).description].map {
                (first + offset, ($0.ours, $0.others))
            }
        }
        return sums((0, 0), values) { ($0.0 + $1.0, $0.1 + $1.1) }
    }

    func name(_ index: Int) -> String {
        (days == 1 ? "" : "7 days from ") + Figures.date(Double(first + index * days) * 86_400)
    }

    func label(_ index: Int) -> String? {
        index % max(1, (count + 7) / 8) == 0 ? Figures.date(Double(first + index * days) * 86_400) : nil
    }
}
