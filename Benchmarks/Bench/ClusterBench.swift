import Foundation
import Support
import VTEnrich

extension Work {
    /// Known addresses on one node of three: what the Redis costs that only new addresses need. With and without in turn, since
    /// others may use the machine.
    func cluster(_ table: inout Table) async throws {
        let alerts = scaled(50_000, 100_000, 200_000)
        let redis = try await RedisServer()
        var (without, with) = ([Double](), [Double]())
        for _ in 0..<3 {
            without.append(try await rate(alerts))
            with.append(try await rate(alerts, ["cluster.redis": redis.url, "cluster.nodes": "3"]))
        }
        let share = median(with) / median(without) * 100
        table.add("cluster", "\(alerts) alerts without Redis, median of 3", median(without), "alerts/s")
        table.add(
            "cluster", "with Redis, median of 3", median(with), "alerts/s",
            beside: zip(with, without).map { Table.text($0 / $1 * 100) }.joined(separator: ", ") + " % run by run")
        table.add("cluster", "  of the figure without", share, "%", .atLeast(80))
    }

    /// Alerts a second.
    private func rate(_ alerts: Int, _ changes: [String: String] = [:]) async throws -> Double {
        let site = try Site(cached: 1_000, changes)
        try sample.write(to: site.manager.alertsPath, count: alerts, addresses: 1_000)
        try site.start()
        let seconds = try site.waitForEvents(alerts)
        let output = try await site.manager.run("status", "--json").standardOutput
        let cluster = try StatusReport.read(Data(output.utf8)).cluster
        try await site.stop()
        guard changes.isEmpty || cluster?.connected == true else {
            throw Command.Failed(description: "the node is not connected to Redis: \(site.manager.log)")
        }
        return Double(alerts) / seconds
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
