import Glibc
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

@Suite struct `Quota of a cluster` {
    private static let day = QuotaLimits(perMinute: 1_000, perDay: 10, reserve: .count(0))

    @Test func `three nodes get the minute's four tokens together, whoever asks`() async throws {
        let rig = try await ClusterRig(RedisServer())
        #expect(try await rig.spend(by: [0]) == [4, 0, 0])
        #expect(try await rig.spend() == 0)
        let usage = try rig.nodes[2].usage()
        await rig.beat()
        #expect(try rig.nodes[2].usage().minuteUsed == 4 && usage.limits.perMinute == 4)
        #expect(rig.nodes[2].status().quota == "shared")
    }

    @Test(.enabled(if: ClusterRig.isFarFromMidnight))
    func `the day's limit is the cluster's, and what never left is given back`() async throws {
        let rig = try await ClusterRig(RedisServer(), limits: Self.day)
        guard case .granted(let ticket) = try await rig.nodes[0].reserve(level: 5) else {
            Issue.record("no token")
            return
        }
        try await rig.nodes[0].finish(ticket, wasSent: false)
        #expect(try await rig.spend() == 10)
        guard case .daySpent = try await rig.nodes[1].reserve(level: 16) else {
            Issue.record("the day is spent")
            return
        }
        await rig.beat()
        #expect(rig.nodes[0].status().nodes.map(\.day).reduce(0, +) == 10)
    }

    @Test(.enabled(if: ClusterRig.isFarFromMidnight))
    func `the reserve is the cluster's`() async throws {
        let rig = try await ClusterRig(
            RedisServer(), limits: QuotaLimits(perMinute: 1_000, perDay: 20, reserve: .count(20), reserveLevel: 12))
        // At least one is held until midnight.
        let low = try await rig.spend()
        #expect(low < 20)
        #expect(try await rig.nodes[0].reserve(level: 5) == .held)
        for number in low..<20 {
            guard case .granted = try await rig.nodes[number % 3].reserve(level: 12) else {
                Issue.record("the reserve is for level 12")
                return
            }
        }
        guard case .daySpent = try await rig.nodes[0].reserve(level: 12) else {
            Issue.record("no more than the day")
            return
        }
    }

    @Test func `a server that lost everything grants nothing until every node told what it spent`() async throws {
        let rig = try await ClusterRig(RedisServer())
        #expect(try await rig.spend(by: [0, 1], atMost: 3) == [2, 1, 0])
        try await rig.server.kill()
        await rig.beat()
        try await rig.server.start()
        await rig.nodes[2].beat()
        #expect(try await rig.spend(by: [2]) == [0, 0, 0])
        #expect(rig.nodes[2].status().quota == "waiting")
        await rig.beat()
        #expect(try await rig.spend() == 1)
        await rig.beat()
        #expect(try rig.nodes[0].usage().dayUsed == 4)
    }

    @Test(.enabled(if: ClusterRig.isFarFromMidnight))
    func `what a lost node spent is known to the others`() async throws {
        let rig = try await ClusterRig(RedisServer(), limits: Self.day)
        #expect(try await rig.spend(by: [0], atMost: 6) == [6, 0, 0])
        await rig.beat()
        await rig.nodes[0].stop()
        try await rig.server.send("FLUSHALL")
        await rig.nodes[1].beat()
        await rig.nodes[2].beat()
        await rig.nodes[1].beat()
        #expect(try rig.nodes[1].usage().dayUsed == 6)
    }

    @Test func `a promoted replica that lost the last writes grants nothing twice`() async throws {
        let rig = try await ClusterRig(RedisServer())
        let server = rig.server
        #expect(try await rig.spend(by: [0], atMost: 1) == [1, 0, 0])
        try await server.startReplica()
        try await server.cutOffReplica()
        // More than the share that a node that is away is counted with: known to the first server alone.
        #expect(try await rig.spend(by: [2], atMost: 2) == [0, 0, 2])
        let replica = try #require(server.replica)
        #expect(try await [tokens(server), tokens(replica)] == [3, 1])
        try await server.promoteReplica()
        // A majority finds it, and none that knows of the last writes.
        await rig.beat()
        await rig.nodes[0].beat()
        await rig.nodes[1].beat()
        #expect(rig.nodes[1].status().connected && rig.nodes[1].status().quota == "waiting")
        #expect(try await rig.spend(by: [0, 1]) == [0, 0, 0])
        await rig.nodes[2].beat()
        #expect(try await rig.spend() == 1)
        await rig.beat()
        #expect(try rig.nodes[0].usage().dayUsed == 4)
        #expect(try await tokens(replica) == 4)
    }

    /// Those that a server knows of.
    private func tokens(_ server: RedisServer) async throws -> Int {
        try await server.send("HKEYS", "{vtenrich}:quota").split(separator: "\n").count { $0.hasPrefix("l:") }
    }

    @Test func `without the server a node waits for what was lent, then goes on with its share`() async throws {
        let rig = try await ClusterRig(RedisServer())
        #expect(try await rig.spend(by: [0], atMost: 1) == [1, 0, 0])
        try await rig.server.kill()
        #expect(try await rig.spend() == 0)
        #expect(rig.nodes[1].status().quota == "waiting")
        rig.wait()
        #expect(try await rig.spend(by: rig.nodes.indices) == [1, 1, 1])
        #expect(rig.nodes[1].status().quota == "own_share")
        try await rig.server.start()
        await rig.beat()
        await rig.beat()
        #expect(try await rig.spend() == 1)
    }

    @Test(.enabled(if: ClusterRig.isFarFromMidnight))
    func `without the server a node has its share of the day, and tells on return what it spent`() async throws {
        let rig = try await ClusterRig(RedisServer(), limits: QuotaLimits(perMinute: 4, perDay: 8, reserve: .count(0)))
        #expect(try await rig.spend(by: [0], atMost: 1) == [1, 0, 0])
        try await rig.server.kill()
        #expect(try await rig.spend() == 0)
        rig.wait()
        #expect(try await rig.spend(by: rig.nodes.indices) == [1, 1, 1])
        rig.wait()
        // Two of the day for each, and the first had one of them before.
        #expect(try await rig.spend(by: rig.nodes.indices) == [0, 1, 1])
        rig.wait()
        #expect(try await rig.spend() == 0)
        try await rig.server.start()
        await rig.beat()
        await rig.beat()
        #expect(try rig.nodes[0].usage().dayUsed == 6)
        #expect(try await rig.spend() == 2)
    }

    @Test func `a node that is away keeps its share, and a minority has no more than its own`() async throws {
        let rig = try await ClusterRig(RedisServer())
        await rig.nodes[2].stop()
        #expect(try await rig.spend(by: [0, 1]).reduce(0, +) == 3)
        let other = try await ClusterRig(RedisServer())
        await other.nodes[1].stop()
        await other.nodes[2].stop()
        #expect(try await other.spend(by: [0]) == [1, 0, 0])
        #expect(other.nodes[0].status().quota == "own_share")
    }

    @Test func `a message that the server reads too late is not obeyed`() async throws {
        let rig = try await ClusterRig(RedisServer(), limits: QuotaLimits(perMinute: 1, reserve: .count(0)))
        rig.server.signal(SIGSTOP)
        guard case .minute = try await rig.nodes[0].reserve(level: 5) else {
            Issue.record("nobody grants while the server stands still")
            return
        }
        // The message waits in the server's socket beyond its time.
        try await Task.sleep(for: .seconds(1))
        rig.server.signal(SIGCONT)
        #expect(try await rig.server.send("HKEYS", "{vtenrich}:quota").contains("l:") == false)
        try await eventually("the nodes are back") {
            await rig.beat()
            return rig.nodes.allSatisfy { $0.status().connected }
        }
        #expect(try await rig.spend() == 1)
        await rig.beat()
        #expect(try rig.nodes[1].usage().dayUsed == 1)
    }

    @Test func `scripts that are flushed are sent again`() async throws {
        let rig = try await ClusterRig(RedisServer())
        try await rig.server.send("SCRIPT", "FLUSH")
        #expect(try await rig.spend() == 4)
    }

    @Test func `a server that is slow by 2 s is still used`() async throws {
        let rig = try await ClusterRig(RedisServer(), limits: QuotaLimits(perMinute: 1, reserve: .count(0)))
        try await rig.server.send("CLIENT", "PAUSE", "2000", "ALL")
        #expect(try await rig.spend(by: [0]) == [1, 0, 0])
        #expect(rig.nodes[0].status().connected)
    }

    @Test func `a server whose memory is full is away until it is not`() async throws {
        let rig = try await ClusterRig(RedisServer(["--maxmemory-policy", "noeviction"]))
        try await rig.server.send("CONFIG", "SET", "maxmemory", "1")
        #expect(try await rig.spend() == 0)
        #expect(rig.nodes[0].status().lastError?.contains("OOM") == true)
        // A refusal is surely not obeyed, so it does not put off the share.
        rig.wait()
        await rig.beat()
        #expect(try await rig.spend(by: [0]) == [1, 0, 0])
        try await rig.server.send("CONFIG", "SET", "maxmemory", "0")
        await rig.beat()
        await rig.beat()
        #expect(try await rig.spend() == 3)
    }

    @Test func `a wrong password is told without it`() async throws {
        let server = try await RedisServer(["--requirepass", "right-word"])
        let folder = try TemporaryFolder()
        let file = try folder.write("password", "wrong-word\n", mode: 0o600)
        let rig = try await ClusterRig(server, count: 1) { $0.cluster.passwordFile = file }
        let problem = try #require(rig.nodes[0].status().lastError)
        #expect(
            problem.contains("cluster.password_file") && !problem.contains("word\n") && !problem.contains("wrong-word"))
        #expect(try await rig.spend() == 4)
        try folder.write("password", "right-word\n", mode: 0o644)
        await rig.beat()
        #expect(rig.nodes[0].status().lastError?.contains("chmod 640") == true)
        try folder.write("password", "right-word\n", mode: 0o600)
        await rig.beat()
        #expect(rig.nodes[0].status().connected)
        // What it spent alone counts in the cluster.
        #expect(try await rig.spend() == 0)
    }
}
