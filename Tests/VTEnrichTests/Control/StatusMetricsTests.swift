import Support
import Testing

@testable import VTEnrich

/// `status --prometheus`: what node_exporter's textfile collector takes.
struct StatusMetricsTests {
    private func report(_ change: (inout StatusReport) -> Void = { _ in }) -> StatusReport {
        var report = StatusReport(
            health: .degraded, version: "1.2.3", config: .init(path: "/etc/x"), follower: .init(path: "/a"))
        report.quota.day = .init(used: 312, limit: 500, resetsAt: "2025-12-06T00:00:00Z")
        report.cache.byVerdict = ["malicious": 3, "not_found": 1]
        report.output = ["analysisd": .init(waiting: 2, sent: 40, dropped: 1), "file": .init()]
        report.uptimeSeconds = 60
        change(&report)
        return report
    }

    @Test func `every sample follows the help and type of its metric, each metric once`() throws {
        var (families, current) = (Set<String>(), "")
        for line in report().metrics(now: 1_764_927_000.9).split(separator: "\n") {
            if let match = try #/# HELP (vtenrichd_[a-z0-9_]+) [A-Z].*\./#.wholeMatch(in: line) {
                current = String(match.1)
                #expect(families.insert(current).inserted, "\(current) twice")
            } else if line.hasPrefix("# ") {
                #expect(line == "# TYPE \(current) gauge" || line == "# TYPE \(current) counter")
                #expect(line.hasSuffix("counter") == current.hasSuffix("_total"))
            } else {
                let sample = try #/([a-z0-9_]+)(\{[a-z]+="[^"\\]*"\})? (-?[0-9.e+]+)/#.wholeMatch(in: line)
                #expect(sample.map { String($0.1) } == current, "\(line)")
            }
        }
        #expect(families.count > 25)
    }

    @Test(arguments: [
        "vtenrichd_up 1", "vtenrichd_health{state=\"degraded\"} 1", "vtenrichd_health{state=\"healthy\"} 0",
        "vtenrichd_report_timestamp_seconds 1764927000", "vtenrichd_quota_used{window=\"day\"} 312",
        "vtenrichd_quota_reset_timestamp_seconds{window=\"day\"} 1764979200",
        "vtenrichd_cache_entries{class=\"not_found\"} 1", "vtenrichd_output_waiting{sink=\"analysisd\"} 2",
        "vtenrichd_output_dropped_total{sink=\"analysisd\"} 1", "vtenrichd_build_info{version=\"1.2.3\"} 1",
    ])
    func `numbers of the report are there`(sample: String) {
        #expect(report().metrics(now: 1_764_927_000).split(separator: "\n").contains { $0 == sample })
    }

    @Test func `what is not known is left out, and labels are escaped`() {
        let text = report {
            $0.uptimeSeconds = nil
            $0.version = "a\"b\\c\nd"
        }.metrics(now: 0)
        #expect(text.contains("vtenrichd_up 0\n") && !text.contains("vtenrichd_uptime_seconds"))
        #expect(!text.contains("vtenrichd_provider_state") && !text.contains("vtenrichd_lag_bytes"))
        #expect(text.contains("vtenrichd_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n"))
    }
}
