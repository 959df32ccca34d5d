import Foundation
import Glibc
import Support
import Testing
import VTEnrich

/// Three daemons with one key and one Redis.
struct ClusterTests {
    private static let large = ["virustotal.quota": Installation.largeQuota]

    private func addresses(_ numbers: Range<Int>) -> [String] { numbers.map(Alerts.address) }

    private func received(_ site: ClusterSite) async throws {
        try await eventually("\(site.writtenCount) events: \(site.logs)") { site.receivedCount >= site.writtenCount }
    }

    private func normal(_ site: ClusterSite) async throws {
        try await eventually("the cluster is normal: \(site.logs)") { try await site.isNormal() }
    }

    @Test func `one lookup serves all nodes, and each alert comes out on its own`() async throws {
        let site = try await ClusterSite(Self.large)
        for index in 0..<3 { for _ in 0..<10 { site.append(addresses(0..<40), to: index) } }
        try site.startAll()
        try await received(site)
        #expect(site.faults() == [])
        #expect(site.virusTotal.requests.count == 40 && site.askedTwice == [])
        try await normal(site)
        let nodes = try #require(try await site.status(1).cluster).nodes
        #expect(nodes.count == 3 && nodes.map(\.day).reduce(0, +) == 40)
        let text = try await site.managers[1].run("status").standardOutput
        #expect(text.contains("the quota is shared, 3 of 3 nodes") && text.contains("(this one): "))
        let metrics = try await site.managers[1].run("status", "--prometheus").standardOutput
        #expect(metrics.contains("vtenrichd_cluster_connected 1"))
        let doctor = try await site.managers[1].run("doctor").standardOutput
        #expect(doctor.contains("lookups of today by node"))
    }

    enum Fault: String, CaseIterable {
        case killed, standsStill, restartedEmpty, promoted, wrongPassword, scriptsFlushed, memoryFull, slow
    }

    private func begin(_ fault: Fault, _ site: ClusterSite) async throws {
        switch fault {
        case .killed, .restartedEmpty: try await site.redis.kill()
        case .standsStill: site.redis.signal(SIGSTOP)
        case .promoted:
            try await site.redis.startReplica()
            try await site.redis.cutOffReplica()
        case .wrongPassword:
            try await site.redis.send("CONFIG", "SET", "requirepass", "word")
            try await site.redis.send("CLIENT", "KILL", "TYPE", "normal", password: "word", allowsError: true)
        case .scriptsFlushed: try await site.redis.send("SCRIPT", "FLUSH")
        case .memoryFull: try await site.redis.send("CONFIG", "SET", "maxmemory", "1")
        case .slow: try await site.redis.send("CLIENT", "PAUSE", "2000", "ALL")
        }
    }

    private func end(_ fault: Fault, _ site: ClusterSite) async throws {
        switch fault {
        case .killed: try await site.redis.start()
        case .restartedEmpty:
            unlink(site.redis.folder["dump.rdb"])
            try await site.redis.start()
        case .standsStill: site.redis.signal(SIGCONT)
        case .promoted: try await site.redis.promoteReplica()
        case .wrongPassword:
            try await site.redis.send("CONFIG", "SET", "requirepass", "", password: "word")
        case .memoryFull: try await site.redis.send("CONFIG", "SET", "maxmemory", "0")
        case .scriptsFlushed, .slow: break
        }
    }

    @Test(arguments: Fault.allCases)
    func `whatever happens to Redis, no alert is lost, and all is normal again`(fault: Fault) async throws {
        let site = try await ClusterSite(Self.large)
        for index in 0..<3 { site.append(addresses(0..<12), to: index) }
        try site.startAll()
        try await received(site)
        if fault == .killed { try await site.redis.send("SAVE") }
        try await begin(fault, site)
        // What is known is answered without the server.
        for index in 0..<3 { site.append(addresses(0..<12), to: index) }
        try await received(site)
        // What is new waits, or is asked about.
        for index in 0..<3 { site.append(addresses(12..<20), to: index) }
        if [.killed, .restartedEmpty, .standsStill, .wrongPassword, .memoryFull].contains(fault) {
            try await eventually("it is seen: \(site.logs)") { try await site.status(0).health == .degraded }
        }
        // All of it after the replica was cut off.
        if fault == .promoted { try await received(site) }
        try await end(fault, site)
        try await received(site)
        try await normal(site)
        #expect(site.faults() == [])
        #expect(site.askedTwice == [] && site.virusTotal.requests.count == 20)
    }

    @Test(arguments: [Fault.restartedEmpty, .killed, .promoted, .standsStill])
    func `nodes and Redis killed in turn, VirusTotal sees four requests in any minute`(fault: Fault) async throws {
        let site = try await ClusterSite(["virustotal.quota": "{per_minute: 4, per_day: 500}"])
        for index in 0..<3 { site.append(addresses(index * 10..<index * 10 + 10), to: index) }
        try site.startAll()
        try await eventually("the first four: \(site.logs)") { site.virusTotal.requests.count >= 4 }
        try await begin(fault, site)
        try await site.kill(1)
        try site.start(1)
        try await end(fault, site)
        try await site.kill(2)
        try site.start(2)
        try await normal(site)
        try await site.kill(0)
        try site.start(0)
        try await normal(site)
        #expect(site.virusTotal.mostRequests(inAny: 60) == 4)
        #expect(try await site.status(2).quota.day.used >= 4)
        #expect(site.faults(repeats: 3).filter { !$0.contains("missing") } == [])
    }

    @Test func `without Redis from the start a node goes on with its share`() async throws {
        let site = try await ClusterSite(["virustotal.quota": "{per_minute: 7, per_day: 500}"])
        try await site.redis.kill()
        for index in 0..<3 { site.append(addresses(index * 10..<index * 10 + 10), to: index) }
        try site.startAll()
        try await eventually("two each: \(site.logs)") { site.virusTotal.requests.count >= 6 }
        let status = try await site.status(0)
        #expect(status.health == .degraded && status.cluster?.quota == "own_share")
        #expect(status.problems.contains { $0.contains("2 lookups a minute, 166 a day") })
        try await site.redis.start()
        try await normal(site)
        // What each spent alone is told: one token is left.
        try await eventually("the seventh: \(site.logs)") { site.virusTotal.requests.count >= 7 }
        try await eventually("told") { try await site.status(0).quota.day.used == 7 }
        #expect(site.virusTotal.mostRequests(inAny: 60) == 7)
    }
}
