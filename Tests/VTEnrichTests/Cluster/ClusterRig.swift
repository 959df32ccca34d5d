import Foundation
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// Nodes of a cluster in this process, at a real server: each with a state in memory and a clock that stands still. They do
/// nothing but what a test has them do.
struct ClusterRig {
    let server: RedisServer
    let nodes: [ClusterNode]
    let clocks: [ManualClock]

    init(
        _ server: RedisServer, count: Int = 3, limits: QuotaLimits = QuotaLimits(reserve: .count(0)),
        _ change: (inout Configuration) -> Void = { _ in }
    ) async throws {
        self.server = server
        var configuration = Configuration()
        configuration.cluster.redis = server.url
        configuration.cluster.nodes = count
        configuration.virusTotal.quota = limits
        change(&configuration)
        let settings = try #require(ClusterSettings(configuration))
        let key = try APIKey(Array(TemporaryManager.key.utf8))
        clocks = (0..<count).map { ManualClock(wall: 1_772_445_600 + Double($0) * 7_000) }
        nodes = try clocks.map { clock in
            try ClusterNode(settings, key: key, store: .inMemory(), clock: clock.clock, log: .quiet, onChange: {})
        }
        for node in nodes { await node.beat() }
    }

    /// The cluster's day is by the server's clock, which is this machine's, and the nodes' run up to ten minutes ahead of it: what
    /// counts a day is not tried where the date would change meanwhile.
    static var isFarFromMidnight: Bool {
        var now = Date().timeIntervalSince1970
        now.formTruncatingRemainder(dividingBy: 86_400)
        return now < 86_400 - 1_200
    }

    /// Requests that every node may send now, one node after the other, each ended at once.
    func spend(by indices: some Sequence<Int>, atMost: Int = 1_000) async throws -> [Int] {
        var granted = Array(repeating: 0, count: nodes.count)
        var isAny = true
        while isAny {
            isAny = false
            for index in indices where granted.reduce(0, +) < atMost {
                guard case .granted(let ticket) = try await nodes[index].reserve(level: 5) else { continue }
                try await nodes[index].finish(ticket, wasSent: true)
                granted[index] += 1
                isAny = true
            }
        }
        return granted
    }

    func spend(atMost: Int = 1_000) async throws -> Int {
        try await spend(by: nodes.indices, atMost: atMost).reduce(0, +)
    }

    func beat() async {
        for node in nodes { await node.beat() }
    }

    /// Past the time when a node that lost the cluster may use its share.
    func wait() {
        for clock in clocks { clock.advance(200) }
    }
}
