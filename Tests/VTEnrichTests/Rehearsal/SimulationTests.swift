import Foundation
import Testing
import VTEnrich
import VTEnrichCore

/// Two days of a real Cowrie honeypot (public domain: UQO-Biolab/ml_ids): one with more addresses than the quota can pay for,
/// and one that looks the same for eight hours and then fits.
@Suite struct `Simulation of a quota` {
    private func simulate(
        _ arrivals: [Arrival], _ change: (inout Configuration) -> Void = { _ in }
    ) async throws -> SimulationReport {
        var configuration = Configuration()
        change(&configuration)
        return SimulationReport(try await Simulation(configuration).run(arrivals))
    }

    @Test func `on a day with more addresses than quota 97 of 100 alerts have a verdict within six hours`() async throws
    {
        let report = try await simulate(try HoneypotDay.arrivals("2025-02-24"))
        #expect(report.alerts == 4_169)
        #expect(report.addresses == 599)
        #expect(report.within.sixHours >= 0.97)
        #expect(report.lookups <= 500)
        #expect(report.worstMinute <= 4)
    }

    @Test func `on a day that fits the quota nobody waits`() async throws {
        let report = try await simulate(try HoneypotDay.arrivals("2025-02-23"))
        #expect(report.within.minute >= 0.99)
        #expect(report.within.ever == 1)
    }

    @Test func `the same input gives the same answer`() async throws {
        let arrivals = Array(try HoneypotDay.arrivals("2025-02-24").prefix(800))
        #expect(try await simulate(arrivals) == (try await simulate(arrivals)))
    }

    @Test func `a day's hours add up to its alerts and lookups`() async throws {
        let report = try await simulate(Array(try HoneypotDay.arrivals("2025-02-24").prefix(1_000)))
        let day = try #require(report.days.first)
        #expect(day.hours.map(\.alerts).reduce(0, +) == day.alerts)
        #expect(day.hours.map(\.lookups).reduce(0, +) == day.lookups)
    }

    @Test(arguments: [
        ("time,ip,level\n2026-01-01T00:00:00Z,8.8.8.8,12", 12), ("2026-01-01T00:00:00Z,8.8.8.8,9", 9),
        ("2026-01-01T00:00:00Z,8.8.8.8", 3), ("start_time,src_ip,src_port\n2026-01-01T00:00:00Z,8.8.8.8,14", 3),
        ("\"2026-01-01T01:00:00+01:00\", \"8.8.8.8\"\r\n", 3),
    ])
    func `rows are read by their header or by place`(text: String, level: Int) {
        let (arrivals, unreadable) = Arrivals.ofCSV(text)
        #expect(unreadable == 0)
        #expect(arrivals == [Arrival(time: 1_767_225_600, address: .v4(0x0808_0808), level: level)])
    }

    @Test func `rows without a time or an address are counted and left out`() {
        let (arrivals, unreadable) = Arrivals.ofCSV("time,ip\nyesterday,8.8.8.8\n2026-01-01T00:00:00Z,example.com\n")
        #expect(arrivals.isEmpty)
        #expect(unreadable == 2)
    }
}

/// One of the two days.
enum HoneypotDay {
    static func arrivals(_ date: String) throws -> [Arrival] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = folder.appendingPathComponent("Fixtures/honeypot-\(date).csv").path
        return Arrivals.ofCSV(try String(contentsOfFile: path, encoding: .utf8)).arrivals
    }
}
