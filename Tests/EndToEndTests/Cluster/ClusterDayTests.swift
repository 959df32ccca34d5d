import Support
import Testing
import VTEnrich

/// What counts a day is not tried where the date changes meanwhile.
private var isFarFromMidnight: Bool { wallSeconds().truncatingRemainder(dividingBy: 86_400) < 86_400 - 600 }

/// The day's limit of three daemons with one key and one Redis.
@Suite(.enabled(if: isFarFromMidnight))
struct ClusterDayTests {
    private func site(perDay: Int) async throws -> ClusterSite {
        try await ClusterSite(["virustotal.quota": "{per_minute: 1000, per_day: \(perDay), reserve: 0}"])
    }

    private func addresses(_ numbers: Range<Int>) -> [String] { numbers.map(Alerts.address) }

    private func normal(_ site: ClusterSite) async throws {
        try await eventually("the cluster is normal: \(site.logs)") { try await site.isNormal() }
    }

    /// Every node knows that the day is spent, one told Wazuh, and nobody who asks gets anything.
    private func spent(_ day: Int, _ site: ClusterSite) async throws {
        try await eventually("\(day) lookups, and a notice: \(site.logs)") {
            site.virusTotal.requests.count >= day && Self.notices(site) > 0
        }
        for (index, manager) in site.managers.enumerated() {
            try await eventually("node \(index) knows: \(site.logs)") {
                try await site.status(index).quota.day.used == day
            }
            let refused = try await manager.run("lookup", Alerts.address(1_000 + index))
            #expect(refused.status == 1 && refused.standardError.contains("the daily quota is spent"))
        }
        #expect(site.virusTotal.requests.count == day && site.askedTwice == [])
        #expect(Self.notices(site) == 1)
    }

    private static func notices(_ site: ClusterSite) -> Int {
        site.analysisds.flatMap(\.events).count { $0.text("virustotal_ip.verdict") == "notice" }
    }

    @Test func `three daemons spend no more than one day's lookups together`() async throws {
        let site = try await site(perDay: 20)
        for index in 0..<3 { site.append(addresses(index * 20..<index * 20 + 20), to: index) }
        try site.startAll()
        try await spent(20, site)
        let nodes = try #require(try await site.status(0).cluster).nodes
        #expect(nodes.map(\.day).reduce(0, +) == 20, "\(nodes)")
        // The others wait for the next day; the one event more is the notice.
        try await eventually("20 events and the notice: \(site.logs)") { site.receivedCount == 21 }
        var pending = 0
        for index in 0..<3 { pending += try await site.status(index).queue.pending }
        #expect(pending == 40)
        #expect(site.faults().filter { !$0.contains("missing") } == [])
    }

    @Test func `after a replica was promoted without the last lookups, these still count for the day`() async throws {
        let site = try await site(perDay: 6)
        site.append(addresses(0..<2), to: 0)
        try site.startAll()
        try await normal(site)
        try await eventually("two lookups: \(site.logs)") { site.receivedCount == 2 }
        try await site.redis.startReplica()
        try await site.redis.cutOffReplica()
        site.append(addresses(2..<5), to: 1)
        try await eventually("three more: \(site.logs)") { site.receivedCount == 5 }
        try await site.redis.promoteReplica()
        site.append(addresses(5..<15), to: 2)
        try await spent(6, site)
        try await normal(site)
        #expect(site.faults().filter { !$0.contains("missing") } == [])
    }
}
