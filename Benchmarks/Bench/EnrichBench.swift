import Foundation
import Support

extension Work {
    /// File to datagram for addresses whose verdict is known: what the daemon does most of the time.
    func enrich(_ table: inout Table) async throws {
        let alerts = scaled(50_000, 200_000, 1_000_000)
        try await enrich(
            &table, "known addresses, 1,000 of them", alerts: alerts, addresses: 1_000, cached: 1_000, .atLeast(10_000))
        for share in [4, 2] {
            try await enrich(
                &table, "backlog of a \(share == 4 ? "quarter" : "half")", alerts: alerts / share, addresses: 1_000,
                cached: 1_000)
        }
        for cached in [10_000, scaled(100_000, 1_000_000, 10_000_000)] {
            try await enrich(
                &table, "with \(cached) cached", alerts: alerts / 2, addresses: min(cached, alerts), cached: cached)
        }
    }

    private func enrich(
        _ table: inout Table, _ name: String, alerts: Int, addresses: Int, cached: Int, _ mark: Row.Mark? = nil
    ) async throws {
        let site = try Site(cached: cached)
        try sample.write(to: site.manager.alertsPath, count: alerts, addresses: addresses)
        try site.start()
        let seconds = try site.waitForEvents(alerts)
        let usage = try site.usage
        try await site.stop()
        table.add("enrich", "\(name): \(alerts) alerts", Double(alerts) / seconds, "alerts/s", mark)
        table.add("enrich", "  processor", usage.cpu / Double(alerts) * 1e6, "µs/alert")
        table.add("enrich", "  peak memory", Double(usage.peakMemory) / 1_048_576, "MiB", .atMost(64))
    }
}
