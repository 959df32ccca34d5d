import Foundation
import VTEnrich

/// A simulation for people: figures, and for each day a bar chart that fits 80 columns.
enum SimulationText {
    static func render(_ report: SimulationReport) -> String {
        var lines = [
            "\(report.alerts) alerts of \(report.addresses) addresses: \(report.lookups) lookups, at most "
                + "\(report.worstMinute) requests in any 60 s",
            "verdict within  60 s \(percent(report.within.minute))  15 min \(percent(report.within.quarter))  "
                + "1 h \(percent(report.within.hour))  6 h \(percent(report.within.sixHours))  "
                + "ever \(percent(report.within.ever))",
            "waiting         p50 \(seconds(report.waitSeconds.p50))  p95 \(seconds(report.waitSeconds.p95))  "
                + "p99 \(seconds(report.waitSeconds.p99))  longest \(seconds(report.waitSeconds.max))",
        ]
        for day in report.days { lines += ["", heading(day)] + chart(day) }
        return lines.joined(separator: "\n")
    }

    private static func heading(_ day: SimulationReport.Day) -> String {
        "\(day.date)  \(day.alerts) alerts, \(day.addresses) addresses, \(day.lookups) lookups; "
            + "60 s \(percent(day.within.minute)), 6 h \(percent(day.within.sixHours))"
    }

    private static func chart(_ day: SimulationReport.Day) -> [String] {
        let (alerts, lookups, waiting) = (
            day.hours.map(\.alerts).max() ?? 0, day.hours.map(\.lookups).max() ?? 0, day.hours.map(\.waiting).max() ?? 0
        )
        var lines = ["UTC    alerts                    lookups              waiting"]
        for (hour, value) in day.hours.enumerated() where value != SimulationReport.Hour() {
            lines.append(
                String(format: "%02d:00  ", hour) + bar(value.alerts, of: alerts, width: 20) + "  "
                    + bar(value.lookups, of: lookups, width: 15) + "  " + bar(value.waiting, of: waiting, width: 15))
        }
        return lines
    }

    /// A bar of at most `width` and the number behind it, in a column of `width` + 5.
    private static func bar(_ value: Int, of most: Int, width: Int) -> String {
        let room = width - 1
        let length = most == 0 ? 0 : (value * room + most - 1) / most
        let text = String(repeating: "█", count: length) + " \(value)"
        return text + String(repeating: " ", count: max(0, width + 4 - text.count))
    }

    private static func percent(_ share: Double) -> String {
        share == 1 ? "100 %" : String(format: "%.1f %%", share * 100)
    }

    private static func seconds(_ value: Double) -> String { span(value.rounded()) }
}
