import Support
import VTEnrich
import VTEnrichCore

extension Soak {
    /// Three nodes, one Redis: 10,000 alerts of 300 addresses spread over them make 300 lookups, and each alert comes out enriched
    /// where it was written, in its agent's name. Half of them are there at the start, half come while the nodes are at work.
    /// Returns what broke.
    func spread(share: Double, seed: UInt64) async throws -> [String] {
        let (alerts, addresses) = (Int(10_000 * share), max(1, Int(300 * share)))
        var answers = VirusTotalStandIn.Settings()
        // Long enough that several nodes want the same address at the same time.
        answers.latency = 0.2
        let site = try await ClusterSite(
            virusTotal: answers, ["virustotal.quota": "{per_minute: 600, per_day: 500, reserve: 0}"])
        var random = Seeded(seed)
        func append(_ numbers: some Sequence<Int>) {
            for number in numbers {
                let node = Int.random(in: 0..<3, using: &random)
                guard let agent = Self.agents(of: node).randomElement(using: &random) else { return }
                site.append(["45.9.\(number / 250).\(number % 250 + 1)"], of: agent, to: node)
            }
        }
        let all = (0..<alerts).map { $0 % addresses }.shuffled(using: &random)

        append(all[..<(alerts / 2)])
        let start = monotonicSeconds()
        try site.startAll()
        for first in stride(from: alerts / 2, to: alerts, by: 100) {
            append(all[first..<min(alerts, first + 100)])
            try await pause(0.1)
        }
        try? await eventually("all events", within: 300) { site.receivedCount >= alerts }
        let took = seconds(since: start)
        // What comes twice, or is asked again, comes now.
        try await pause(5)
        let nodes = try await site.status(0).cluster?.nodes.map(\.day) ?? []
        say(
            "\(site.writtenCount) alerts (\(list(site.writtenByNode))) of \(addresses) addresses, \(site.receivedCount) events "
                + "(\(list(site.receivedByNode))), \(site.virusTotal.requests.count) lookups (\(list(nodes))) after \(took) s"
        )
        return broken(site, lookups: addresses, nodes: nodes)
    }

    private func broken(_ site: ClusterSite, lookups: Int, nodes: [Int]) -> [String] {
        var broken = site.faults()
        let (made, again) = (site.virusTotal.requests.count, site.askedTwice.count)
        if made != lookups { broken.append("\(made) lookups of \(lookups) addresses") }
        if again > 0 { broken.append("\(again) addresses looked up more than once") }
        if nodes.reduce(0, +) != made { broken.append("\(made) lookups, and the nodes told \(list(nodes))") }
        return broken
    }

    /// Ids and names that no other node has: the manager itself, an agent with an address, one without, and one by IPv6.
    private static func agents(of node: Int) -> [Alert.Agent] {
        [
            Alert.Agent(id: "000", name: "manager-\(node)"),
            Alert.Agent(id: "\(node + 1)01", name: "web-\(node)", ip: "10.0.\(node).1"),
            Alert.Agent(id: "\(node + 1)02", name: "db_\(node).example"),
            Alert.Agent(id: "\(node + 1)03", name: "mail-\(node)", ip: "2001:db8::\(node)"),
        ]
    }

    private func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: " + ") }
}
