import Foundation
import Glibc
import Support

extension Soak {
    /// Three nodes, one Redis, four lookups a minute, and nodes and Redis killed or stopped at random; then Redis away for two
    /// minutes. Returns what broke.
    func cluster(seconds: Double, away: Double, seed: UInt64) async throws -> [String] {
        let site = try await ClusterSite(["virustotal.quota": "{per_minute: 4, per_day: 500, reserve: 0}"])
        var (random, kills, faults) = (Seeded(seed), 0, [String: Int]())
        try site.startAll()
        // Ever more addresses, at less than the pace of the quota, most of them seen before.
        var addresses = 1
        func write() {
            if Double.random(in: 0...1, using: &random) < 0.1 { addresses += 1 }
            for index in 0..<3 {
                let number = Int.random(in: 1...addresses, using: &random)
                site.append(["45.9.\(number / 250).\(number % 250 + 1)"], to: index)
            }
        }
        let end = monotonicSeconds() + seconds
        while monotonicSeconds() < end {
            for _ in 0..<5 { write() }
            try await pause(Double.random(in: 1...6, using: &random))
            let node = Int.random(in: 0..<3, using: &random)
            let outage = Double.random(in: 0...4, using: &random)
            let fault = Int.random(in: 0..<6, using: &random)
            faults[
                ["node killed", "node killed", "redis killed", "redis empty", "redis stopped", "redis flushed"][fault],
                default: 0] += 1
            switch fault {
            case 0, 1:
                try await site.kill(node)
                kills += 1
                try await pause(outage)
                try site.start(node)
            case 2, 3:
                if fault == 2 { try await site.redis.send("SAVE", allowsError: true) }
                try await site.redis.kill()
                if fault == 3 { unlink(site.redis.folder["dump.rdb"]) }
                try await pause(outage)
                try await site.redis.start()
            case 4:
                site.redis.signal(SIGSTOP)
                try await pause(outage * 8)
                site.redis.signal(SIGCONT)
            default: try await site.redis.send("FLUSHALL", allowsError: true)
            }
        }
        say("chaos: \(faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
        try await eventually("normal after the chaos", within: 120) { try await site.isNormal() }

        try await site.redis.kill()
        let gone = monotonicSeconds()
        while monotonicSeconds() < gone + away {
            write()
            try await pause(2)
        }
        try await site.redis.start()
        let back = monotonicSeconds()
        try await eventually("normal after Redis is back", within: 120) { try await site.isNormal() }
        let took = monotonicSeconds() - back
        try? await eventually("all events", within: 1_200) { site.receivedCount >= site.writtenCount }

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
