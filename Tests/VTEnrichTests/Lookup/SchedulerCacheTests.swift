import Foundation
import Support
import Testing
import VTEnrich
import VTEnrichCore

@Suite struct `Cache of verdicts` {
    private func hit(_ event: [String: Any]?) -> [String: Any]? { event?["cache"] as? [String: Any] }

    @Test func `T37 with VirusTotal down an old verdict is served, marked, and refreshed afterwards by one request`()
        async throws
    {
        let rig = try SchedulerRig()
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        rig.clock.advance(2 * 86_400)
        rig.client.answerAll(with: .failure(.unavailable))
        try rig.accept((2...50).map { .sample($0, address: "64.62.197.132") })
        await rig.pump()
        let events = try rig.events()
        #expect(events.count == 50)
        #expect(hit(events.last)?["stale"] as? String == "yes")
        #expect(events.last?["block"] as? String == "no")
        rig.client.answerAll(with: .value(.notFound))
        for _ in 1...10 {
            rig.clock.advance(60)
            await rig.pump()
        }
        let asked = rig.client.asked.count
        #expect(asked >= 3 && asked <= 5, "\(asked) requests")
        try rig.accept([.sample(99, address: "64.62.197.132")])
        await rig.pump()
        #expect(try rig.events().last?["found"] as? Int == 0)
        #expect(rig.client.asked.count == asked)
    }

    @Test func `an entry past max_stale is not served`() async throws {
        let rig = try SchedulerRig()
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        rig.clock.advance(9 * 86_400)
        rig.client.answerAll(with: .failure(.unavailable))
        try rig.accept([.sample(2, address: "64.62.197.132")])
        await rig.pump()
        #expect(try rig.events().count == 1)
        #expect(rig.store.pending == 1)
    }

    @Test func `an old verdict is served when the day is spent`() async throws {
        let rig = try SchedulerRig { $0.virusTotal.quota = QuotaLimits(perMinute: 9, perDay: 1, reserve: .count(0)) }
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        rig.clock.advance(86_400 * 0.95)
        rig.clock.advance(86_400 * 0.1)
        try rig.accept([.sample(2, address: "1.0.0.1")])
        await rig.pump()
        try rig.accept([.sample(3, address: "64.62.197.132")])
        await rig.pump()
        let last = try #require(
            try rig.events().last { ($0["source"] as? [String: Any])?["ip"] as? String == "64.62.197.132" })
        #expect(hit(last)?["stale"] as? String == "yes")
        #expect(rig.client.asked.count == 2)
    }

    @Test func `an address that keeps coming is refreshed ahead of its time when budget is spare`() async throws {
        let rig = try SchedulerRig()
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        let entry = try #require(try rig.store.cachedVerdict(for: rig.client.asked[0]))
        rig.clock.advance((entry.expiresAt - entry.fetchedAt) * 0.95)
        try rig.accept([.sample(2, address: "64.62.197.132")])
        await rig.pump()
        #expect(rig.client.asked.count == 2)
        #expect(hit(try rig.events().last)?["stale"] as? String == "no")
    }

    @Test func `pivot auto asks for files on a spare token and raises later events only`() async throws {
        let weak = ReputationFacts(stats: .init(malicious: 0, suspicious: 1, total: 90), enginesSuspicious: 1)
        let client = ScriptedClient(.value(.found(weak)), files: .value(PivotFacts(totalFiles: 10, strongFiles: 3)))
        let rig = try SchedulerRig(client) { $0.virusTotal.pivot = .auto }
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        try rig.accept([.sample(2, address: "64.62.197.132")])
        await rig.pump()
        #expect(try rig.events().map { $0["verdict"] as? String } == ["suspicious", "malicious"])
        #expect(client.pivots.count == 1)
        #expect(client.asked.count == 1)
    }

    @Test func `files that cannot be had hold up no lookup`() async throws {
        let weak = ReputationFacts(stats: .init(malicious: 0, suspicious: 1, total: 90), enginesSuspicious: 1)
        let client = ScriptedClient(.value(.found(weak)), files: .failure(.unavailable))
        let rig = try SchedulerRig(client) { $0.virusTotal.quota.perMinute = 1_000 }
        var configuration = Configuration()
        configuration.virusTotal.quota.perMinute = 1_000
        await rig.scheduler.reconfigure(configuration, client: client)
        for number in 1...20 {
            try rig.accept([.sample(number, address: "1.0.0.\(number)")])
            await rig.pump()
            #expect(client.asked.count == number)
        }
        #expect(client.pivots.count == 3)
    }

    @Test func `no pivot goes ahead of a waiting address`() async throws {
        let weak = ReputationFacts(stats: .init(malicious: 0, suspicious: 1, total: 90), enginesSuspicious: 1)
        let rig = try SchedulerRig(ScriptedClient(.value(.found(weak)))) { $0.virusTotal.pivot = .auto }
        try rig.accept((1...8).map { .sample($0, address: "1.0.0.\($0)") })
        await rig.pump()
        #expect(rig.client.asked.count == 4)
        #expect(rig.client.pivots.isEmpty)
        for _ in 1...4 {
            rig.clock.advance(61)
            await rig.pump()
        }
        #expect(rig.client.asked.count == 8)
        #expect(!rig.client.pivots.isEmpty)
    }

    @Test func `a person's lookup goes through cache and quota, ahead of the queue`() async throws {
        let rig = try SchedulerRig()
        let address = try #require(IPAddress("64.62.197.132"))
        async let answer = rig.scheduler.lookUp(address, refresh: false)
        try await eventually("the lookup is asked for") {
            await rig.pump()
            return rig.client.asked == [address]
        }
        guard case .entry = await answer, case .entry = await rig.scheduler.lookUp(address, refresh: false) else {
            Issue.record("no answer")
            return
        }
        #expect(rig.client.asked.count == 1)
        let refused = await rig.scheduler.lookUp(try #require(IPAddress("192.168.1.1")), refresh: true)
        guard case .refused(let reason) = refused else {
            Issue.record("a private address was looked up")
            return
        }
        #expect(reason.contains("never looked up"))
    }
}
