import Foundation
import Logging
import Support
import Testing
import VTEnrich
import VTEnrichCore

/// A scheduler with a store in memory and a clock that stands still; `pump` does all that can be done at this moment.
struct SchedulerRig {
    let clock: ManualClock
    let store: Store
    let client: ScriptedClient
    let scheduler: Scheduler

    init(
        _ client: ScriptedClient = ScriptedClient(), clock: ManualClock = ManualClock(),
        _ change: (inout Configuration) -> Void = { _ in }
    ) throws {
        var configuration = Configuration()
        configuration.virusTotal.pivot = .off
        change(&configuration)
        self.client = client
        self.clock = clock
        store = try Store.inMemory()
        scheduler = Scheduler(
            Scheduler.Parts(
                store: store,
                ledger: try LocalQuotaLedger(
                    store: store, clock: clock.clock, limits: configuration.virusTotal.quota),
                clock: clock.clock, log: .quiet),
            client: client, configuration: configuration)
    }

    func accept(_ sources: [EventSource]) throws {
        var batch = AcceptBatch()
        batch.sources = sources
        try store.accept(batch, now: clock.wall)
    }

    func pump() async {
        var asked = -1
        while asked != client.asked.count {
            asked = client.asked.count
            _ = await scheduler.step()
            await scheduler.settle()
        }
        _ = await scheduler.step()
    }

    /// The events in the outbox, as JSON.
    func events() throws -> [[String: Any]] {
        try store.unsent(sink: "analysisd", limit: 100_000).compactMap { row -> [String: Any]? in
            let json = row.body.drop { $0 != UInt8(ascii: "{") }
            let event = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
            return event?["virustotal_ip"] as? [String: Any]
        }
    }
}

@Suite struct `Lookup scheduler` {
    @Test func `one lookup serves all alerts of an address, and the cache those that follow`() async throws {
        let rig = try SchedulerRig()
        try rig.accept((1...1_000).map { .sample($0, address: "64.62.197.132") })
        await rig.pump()
        try rig.accept([.sample(1_001, address: "64.62.197.132")])
        await rig.pump()
        #expect(rig.client.asked.map(\.description) == ["64.62.197.132"])
        let events = try rig.events()
        #expect(events.count == 1_001)
        #expect((events.last?["cache"] as? [String: Any])?["hit"] as? String == "yes")
        #expect(rig.store.pending == 0)
    }

    @Test func `T36 alerts that come while the lookup runs wait for it`() async throws {
        let rig = try SchedulerRig(ScriptedClient(gated: true))
        try rig.accept([.sample(1, address: "64.62.197.132")])
        _ = await rig.scheduler.step()
        try await eventually("the lookup starts") { rig.client.asked.count == 1 }
        try rig.accept((2...1_000).map { .sample($0, address: "64.62.197.132") })
        _ = await rig.scheduler.step()
        rig.client.open()
        await rig.pump()
        #expect(rig.client.asked.count == 1)
        #expect(try rig.events().count == 1_000)
    }

    @Test func `T33 no more than four lookups a minute, the others when tokens come back`() async throws {
        let rig = try SchedulerRig()
        try rig.accept((1...10).map { .sample($0, address: "1.0.0.\($0)") })
        await rig.pump()
        #expect(rig.client.asked.count == 4)
        rig.clock.advance(60)
        await rig.pump()
        #expect(rig.client.asked.count == 4)
        rig.clock.advance(1)
        await rig.pump()
        #expect(rig.client.asked.count == 8)
    }

    @Test func `after max_wait an alert goes out unenriched with the reason`() async throws {
        let rig = try SchedulerRig { $0.virusTotal.quota.perDay = 0 }
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        #expect(try rig.events().isEmpty)
        rig.clock.advance(6 * 3_600 + 1)
        await rig.pump()
        let event = try #require(try rig.events().first)
        #expect(event["verdict"] as? String == "unenriched")
        #expect(event["reason"] as? String == "quota")
        #expect(event["error"] as? Int == 0)
    }

    @Test func `T29 a rejected key stops the lookups until a reload brings another`() async throws {
        let rig = try SchedulerRig(ScriptedClient(.failure(.rejected)))
        try rig.accept([.sample(1, address: "1.0.0.1"), .sample(2, address: "1.0.0.2")])
        await rig.pump()
        let asked = rig.client.asked.count
        for _ in 1...20 {
            rig.clock.advance(600)
            await rig.pump()
        }
        #expect(rig.client.asked.count == asked)
        #expect(rig.scheduler.providerStatus.state == .keyRejected)
        let good = ScriptedClient()
        var configuration = Configuration()
        configuration.virusTotal.pivot = .off
        await rig.scheduler.reconfigure(configuration, client: good)
        _ = await rig.scheduler.step()
        await rig.scheduler.settle()
        #expect(Set(good.asked.map(\.description)) == ["1.0.0.1", "1.0.0.2"])
    }

    @Test func `T26 an outage is probed with pauses and then the backlog goes on`() async throws {
        let rig = try SchedulerRig(ScriptedClient(.failure(.unavailable)))
        try rig.accept((1...3).map { .sample($0, address: "1.0.0.\($0)") })
        for _ in 1...60 {
            await rig.pump()
            rig.clock.advance(60)
        }
        let probes = rig.client.asked.count
        #expect(probes < 25, "\(probes) requests in an hour of outage")
        rig.client.answerAll(with: .value(.notFound))
        for _ in 1...10 {
            await rig.pump()
            rig.clock.advance(60)
        }
        #expect(try rig.events().count == 3)
        #expect(rig.scheduler.providerStatus.state == .ok)
    }

    @Test func `T30 an address that VirusTotal refuses is told at once and not asked again`() async throws {
        let rig = try SchedulerRig(ScriptedClient(.value(.invalid)))
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        try rig.accept([.sample(2, address: "64.62.197.132")])
        await rig.pump()
        #expect(rig.client.asked.count == 1)
        #expect(try rig.events().map { $0["reason"] as? String } == ["invalid_address", "invalid_address"])
    }

    @Test func `an expired entry is asked about again`() async throws {
        let rig = try SchedulerRig()
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        rig.clock.advance(86_401)
        try rig.accept([.sample(2, address: "64.62.197.132")])
        await rig.pump()
        #expect(rig.client.asked.count == 2)
    }

    @Test func `pivot always lets files raise a borderline verdict before the event goes out`() async throws {
        let weak = ReputationFacts(stats: .init(malicious: 0, suspicious: 1, total: 90), enginesSuspicious: 1)
        let client = ScriptedClient(.value(.found(weak)), files: .value(PivotFacts(totalFiles: 10, strongFiles: 3)))
        let rig = try SchedulerRig(client) { $0.virusTotal.pivot = .always }
        try rig.accept([.sample(1, address: "64.62.197.132")])
        await rig.pump()
        #expect(try rig.events().first?["verdict"] as? String == "malicious")
        #expect(
            try rig.store.cachedVerdict(for: rig.client.asked[0])?.pivot == PivotFacts(totalFiles: 10, strongFiles: 3))
    }
}
