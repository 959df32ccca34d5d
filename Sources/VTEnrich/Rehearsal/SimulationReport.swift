package import Foundation
import VTEnrichCore

/// The answer of `simulate --json` (contract §1): shares between 0 and 1, times in seconds.
package struct SimulationReport: Codable, Sendable, Equatable {
    package struct Within: Codable, Sendable, Equatable {
        package var minute: Double
        package var quarter: Double
        package var hour: Double
        package var sixHours: Double
        package var ever: Double

        enum CodingKeys: String, CodingKey {
            case minute = "60s"
            case quarter = "15m"
            case hour = "1h"
            case sixHours = "6h"
            case ever
        }

        /// Waits of alerts, nil for those that got no verdict.
        init(_ waits: [Double?]) {
            func share(_ limit: Double) -> Double {
                waits.isEmpty ? 0 : Double(waits.count { $0.map { $0 <= limit } ?? false }) / Double(waits.count)
            }
            minute = share(60)
            quarter = share(900)
            hour = share(3_600)
            sixHours = share(21_600)
            ever = share(.infinity)
        }
    }

    /// Of the alerts that got a verdict.
    package struct Waits: Codable, Sendable, Equatable {
        package var p50: Double
        package var p95: Double
        package var p99: Double
        package var max: Double

        init(_ waits: [Double]) {
            let sorted = waits.sorted()
            func percentile(_ share: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
            }
            (p50, p95, p99, max) = (percentile(0.5), percentile(0.95), percentile(0.99), sorted.last ?? 0)
        }
    }

    package struct Day: Codable, Sendable, Equatable {
        package var date: String
        package var alerts: Int
        package var addresses: Int
        package var lookups: Int
        package var within: Within
        /// For the chart: by hour of the day, UTC.
        package var hours: [Hour]
    }

    package struct Hour: Codable, Sendable, Equatable {
        package var alerts = 0
        package var lookups = 0
        /// The most alerts that waited at the end of any minute of it.
        package var waiting = 0

        package init() {}
    }

    package var alerts: Int
    package var addresses: Int
    package var lookups: Int
    /// The most requests in any 60 s.
    package var worstMinute: Int
    package var within: Within
    package var waitSeconds: Waits
    package var days: [Day]

    enum CodingKeys: String, CodingKey {
        case alerts, addresses, lookups, within, days
        case worstMinute = "worst_minute"
        case waitSeconds = "wait_seconds"
    }

    package init(_ result: Simulation.Result) {
        let outcomes = result.outcomes
        alerts = outcomes.count
        addresses = Set(outcomes.map(\.arrival.address)).count
        lookups = result.lookups.count
        worstMinute = Self.worstMinute(result.requests)
        within = Within(outcomes.map(\.wait))
        waitSeconds = Waits(outcomes.compactMap(\.wait))
        days = Self.days(result)
    }

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    private static func worstMinute(_ times: [Double]) -> Int {
        var (worst, first) = (0, 0)
        for (index, time) in times.enumerated() {
            while times[first] <= time - 60 { first += 1 }
            worst = max(worst, index - first + 1)
        }
        return worst
    }

    private static func days(_ result: Simulation.Result) -> [Day] {
        let byDay = Dictionary(grouping: result.outcomes) { UTCDate(wall: $0.arrival.time) }
        let lookups = Dictionary(grouping: result.lookups) { UTCDate(wall: $0) }
        return byDay.keys.sorted().map { date in
            let outcomes = byDay[date] ?? []
            return Day(
                date: date.description, alerts: outcomes.count,
                addresses: Set(outcomes.map(\.arrival.address)).count, lookups: lookups[date]?.count ?? 0,
                within: Within(outcomes.map(\.wait)), hours: hours(outcomes, lookups[date] ?? []))
        }
    }

    /// Alerts that wait past midnight are drawn on the day they came.
    private static func hours(_ outcomes: [Simulation.Outcome], _ lookups: [Double]) -> [Hour] {
        var hours = [Hour](repeating: Hour(), count: 24)
        func hour(_ time: Double) -> Int { min(23, Int(time.truncatingRemainder(dividingBy: 86_400) / 3_600)) }
        for time in lookups { hours[hour(time)].lookups += 1 }
        var minutes = [Int](repeating: 0, count: 1_441)
        for outcome in outcomes {
            hours[hour(outcome.arrival.time)].alerts += 1
            let start = Int(outcome.arrival.time.truncatingRemainder(dividingBy: 86_400) / 60)
            let wait = outcome.wait ?? outcome.gaveUpAfter ?? 0
            let end = min(1_440, Int((outcome.arrival.time.truncatingRemainder(dividingBy: 86_400) + wait) / 60))
            minutes[start] += 1
            minutes[end] -= 1
        }
        var waiting = 0
        for minute in 0..<1_440 {
            waiting += minutes[minute]
            hours[minute / 60].waiting = max(hours[minute / 60].waiting, waiting)
        }
        return hours
    }
}
