import Foundation
import Glibc
import Support

extension Soak {
    func cluster(seconds: Double, away: Double, seed: UInt64) async throws -> [String] {
        var faults = try await RandomClusterFaults(seed: seed)
        return try await faults.run(seconds: seconds, away: away)
    }
}

/// Three nodes, one Redis, four lookups a minute, and nodes and Redis killed or stopped at random; then Redis away for two
/// minutes.
struct RandomClusterFaults {
    private enum Fault: String {
        case node = "node killed"
        case killed = "redis killed"
        case empty = "redis empty"
        case stopped = "redis stopped"
        case flushed = "redis flushed"
    }

    /// As often as they come.
    private static let kinds: [Fault] = [.node, .node, .killed, .empty, .stopped, .flushed]

    private let site: ClusterSite
    private var random: Seeded
    private var faults: [Fault: Int] = [:]
    /// Seen so far.
    private var addresses = 1

    init(seed: UInt64) async throws {
        site = try await ClusterSite(["virustotal.quota": "{per_minute: 4, per_day: 500, reserve: 0}"])
        random = Seeded(seed)
    }

    /// - Returns: what broke.
    mutating func run(seconds: Double, away: Double) async throws -> [String] {
        try site.startAll()
        let end = monotonicSeconds() + seconds
        while monotonicSeconds() < end {
            for _ in 0..<5 { write() }
            try await pause(Double.random(in: 1...6, using: &random))
            try await play(Self.kinds.randomElement(using: &random) ?? .node)
        }
        say("chaos: \(faults.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: ", "))")
        try await eventually("normal after the chaos", within: 120) { try await site.isNormal() }
        let took = try await withoutRedis(for: away)
        try? await eventually("all events", within: 1_200) { site.receivedCount >= site.writtenCount }
        return broken(normalAfter: took)
    }

    /// Ever more addresses, at less than the pace of the quota, most of them seen before.
    private mutating func write() {
        if Double.random(in: 0...1, using: &random) < 0.1 { addresses += 1 }
        for index in 0..<3 {
            let number = Int.random(in: 1...addresses, using: &random)
            site.append(["45.9.\(number / 250).\(number % 250 + 1)"], to: index)
        }
    }

    private mutating func play(_ fault: Fault) async throws {
        faults[fault, default: 0] += 1
        let outage = Double.random(in: 0...4, using: &random)
        switch fault {
        case .node:
            let node = Int.random(in: 0..<3, using: &random)
            try await site.kill(node)
            try await pause(outage)
            try site.start(node)
        case .killed, .empty:
            if fault == .killed { try await site.redis.send("SAVE", allowsError: true) }
            try await site.redis.kill()
            if fault == .empty { unlink(site.redis.folder["dump.rdb"]) }
            try await pause(outage)
            try await site.redis.start()
        case .stopped:
            site.redis.signal(SIGSTOP)
            try await pause(outage * 8)
            site.redis.signal(SIGCONT)
        case .flushed: try await site.redis.send("FLUSHALL", allowsError: true)
        }
    }

    /// - Returns: seconds from its return until all is normal.
    private mutating func withoutRedis(for seconds: Double) async throws -> Double {
        try await site.redis.kill()
        let gone = monotonicSeconds()
        while monotonicSeconds() < gone + seconds {
            write()
            try await pause(2)
        }
        try await site.redis.start()
        let back = monotonicSeconds()
        try await eventually("normal after Redis is back", within: 120) { try await site.isNormal() }
        return monotonicSeconds() - back
    }

    private func broken(normalAfter took: Double) -> [String] {
        let kills = faults[.node, default: 0]
        var broken = site.faults(repeats: kills)
        if took > 5 { broken.append("normal only \(hundredths(took)) s after Redis came back") }
        let most = site.virusTotal.mostRequests(inAny: 60)
        if most > 4 { broken.append("\(most) lookups within 60 s") }
        let lookups = site.virusTotal.requests.count
        if lookups > 500 { broken.append("\(lookups) lookups in a day") }
        say(
            "\(site.writtenCount) alerts of \(addresses) addresses, \(site.receivedCount) events, \(lookups) lookups, "
                + "at most \(most) in 60 s, \(kills) kills, normal \(hundredths(took)) s after two minutes without Redis"
        )
        return broken
    }
}
