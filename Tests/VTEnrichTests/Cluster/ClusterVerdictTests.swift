import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

@Suite struct `Verdicts of a cluster` {
    private let address = IPAddress("64.62.197.132") ?? .v4(0)

    private func entry(at wall: Double, seconds: Double = 3_600) -> CachedVerdict {
        CachedVerdict(
            reputation: .found(ReputationFacts(stats: .init(malicious: 5, total: 90))), verdict: .malicious,
            fetchedAt: wall, expiresAt: wall + seconds)
    }

    @Test func `one node asks, and the others get its answer by their own clocks`() async throws {
        let rig = try await ClusterRig(RedisServer())
        #expect(await rig.nodes[0].claim(address, newerThan: nil) == .mine)
        #expect(await rig.nodes[1].claim(address, newerThan: nil) == .taken)
        let known = entry(at: rig.clocks[0].wall)
        await rig.nodes[0].publish(address, known)
        await rig.nodes[1].beat()
        let news = rig.nodes[1].takeNews()
        let told = try #require(news.entries[address])
        #expect(news.isBack && told.reputation == known.reputation)
        // The nodes' clocks are 7,000 s apart, and stand still while the server's goes on.
        #expect(abs(told.fetchedAt - rig.clocks[1].wall) < 600)
        #expect(rig.nodes[1].takeNews().entries.isEmpty)
        // One that came later asks.
        guard case .known = await rig.nodes[2].claim(address, newerThan: nil) else {
            Issue.record("the verdict is there")
            return
        }
        #expect(await rig.nodes[2].known([address])[address] != nil)
        #expect(await rig.nodes[1].claim(address, newerThan: told) == .mine)
    }

    @Test func `an address whose lookup failed is free again`() async throws {
        let rig = try await ClusterRig(RedisServer())
        #expect(await rig.nodes[0].claim(address, newerThan: nil) == .mine)
        await rig.nodes[1].release(address)
        #expect(await rig.nodes[1].claim(address, newerThan: nil) == .taken)
        await rig.nodes[0].release(address)
        #expect(await rig.nodes[1].claim(address, newerThan: nil) == .mine)
    }

    @Test func `what was found out without the server is told when it is back`() async throws {
        let rig = try await ClusterRig(RedisServer())
        try await rig.server.kill()
        await rig.beat()
        #expect(await rig.nodes[0].claim(address, newerThan: nil) == .mine)
        await rig.nodes[0].publish(address, entry(at: rig.clocks[0].wall))
        try await rig.server.start()
        await rig.beat()
        #expect(await rig.nodes[1].known([address])[address] != nil)
    }

    @Test func `a rejected key and a 429 hold for all nodes, a new key does not`() async throws {
        let rig = try await ClusterRig(RedisServer())
        await rig.nodes[0].rejectKey()
        #expect(try await rig.nodes[1].reserve(level: 5) == .keyRejected)
        await rig.nodes[1].setKey(try APIKey(Array("another-key".utf8)))
        guard case .granted = try await rig.nodes[1].reserve(level: 5) else {
            Issue.record("another key is not rejected")
            return
        }
        try await rig.nodes[0].close(until: rig.clocks[0].wall + 61)
        guard case .closed(let until) = try await rig.nodes[1].reserve(level: 5) else {
            Issue.record("closed for all")
            return
        }
        // By the second node's clock, and the server's went on meanwhile.
        #expect(until > rig.clocks[1].wall && until < rig.clocks[1].wall + 62)
        try await rig.nodes[2].open()
        await rig.nodes[1].beat()
        #expect(try rig.nodes[1].usage().isClosed == false)
    }

    @Test func `one node tells of a spent day`() async throws {
        let rig = try await ClusterRig(RedisServer())
        #expect(await rig.nodes[1].mayTell())
        #expect(await rig.nodes[0].mayTell() == false)
        #expect(await rig.nodes[1].mayTell())
        await rig.beat()
        try await rig.server.send("FLUSHALL")
        await rig.beat()
        #expect(await rig.nodes[2].mayTell() == false)
        try await rig.server.kill()
        #expect(await rig.nodes[1].mayTell() == false)
    }
}
