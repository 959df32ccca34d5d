import Foundation
import Support
import Testing
import VTEnrich
import VTEnrichCore

@Suite struct `Spending the quota` {
    /// 2026-03-02T00:00:00Z.
    private let midnight = 1_772_409_600.0

    /// Moves the clock in steps and pumps at each.
    private func run(_ rig: SchedulerRig, for seconds: Double, each step: Double = 61) async {
        var left = seconds
        while left > 0 {
            rig.clock.advance(min(step, left))
            left -= step
            await rig.pump()
        }
    }

    @Test func `T39 a level 12 alert is looked up at once on a day flooded by low levels`() async throws {
        let rig = try SchedulerRig(clock: ManualClock(wall: midnight + 60))
        try rig.accept(
            (0..<5_000).map { .sample($0, address: "1.\($0 / 250 + 1).\($0 % 250 / 10 + 1).\($0 % 10 + 1)", level: 3) })
        await rig.pump()
        await run(rig, for: 2 * 3_600, each: 61)
        await run(rig, for: 18 * 3_600, each: 600)
        let before = rig.client.asked.count
        #expect(before > 400, "the flood spends what it may: \(before)")
        try rig.accept([.sample(9_999, address: "203.0.114.1", level: 12)])
        await rig.pump()
        await run(rig, for: 65, each: 61)
        #expect(rig.client.asked.contains { $0.description == "203.0.114.1" })
        #expect(rig.client.asked.count <= 500)
    }

    @Test func `when the budget runs out, addresses seen once wait for those seen often`() async throws {
        let rig = try SchedulerRig(clock: ManualClock(wall: midnight + 3_600)) {
            $0.virusTotal.quota = QuotaLimits(perMinute: 1_000, perDay: 100, reserve: .count(0))
        }
        // Half of what comes is seen often: more addresses than the day can pay for are to be expected.
        for hour in 0..<4 {
            for number in 0..<20 {
                let address = "1.0.\(hour).\(number + 1)"
                try rig.accept([.sample(hour * 1_000 + number, address: address)])
                if number % 2 == 0 { try rig.accept([.sample(hour * 1_000 + 500 + number, address: address)]) }
                await rig.pump()
                rig.clock.advance(180)
            }
        }
        let rare = "9.9.9.9", frequent = "8.8.8.8"
        try rig.accept([.sample(90_000, address: rare)])
        await rig.pump()
        #expect(!rig.client.asked.contains { $0.description == rare }, "an address seen once waits")
        try rig.accept([.sample(90_001, address: frequent), .sample(90_002, address: frequent)])
        await rig.pump()
        #expect(rig.client.asked.last?.description == frequent)
    }

    @Test func `on a day that fits the budget nobody waits`() async throws {
        let rig = try SchedulerRig(clock: ManualClock(wall: midnight)) { $0.virusTotal.quota.perMinute = 1_000 }
        for number in 0..<240 {
            try rig.accept([.sample(number, address: "1.0.\(number / 200).\(number % 200 + 1)")])
            await rig.pump()
            #expect(rig.store.pending == 0, "alert \(number) waits")
            rig.clock.advance(300)
        }
    }

    @Test func `T28 a second 429 after the minute closes the window for an hour, over a restart too`() async throws {
        let rig = try SchedulerRig(ScriptedClient(.failure(.limited)))
        try rig.accept([.sample(1, address: "1.0.0.1")])
        await rig.pump()
        #expect(rig.client.asked.count == 1)
        await run(rig, for: 62, each: 31)
        #expect(rig.client.asked.count == 2)
        await run(rig, for: 3_500, each: 50)
        #expect(rig.client.asked.count == 2)
        let ledger = try LocalQuotaLedger(store: rig.store, clock: rig.clock.clock, limits: QuotaLimits())
        guard case .closed = try ledger.reserve(level: 16) else {
            Issue.record("a restart opens the window")
            return
        }
        await run(rig, for: 3_600 * 5, each: 50)
        #expect(rig.client.asked.count <= 7, "one probe an hour: \(rig.client.asked.count)")
        #expect(rig.scheduler.providerStatus.state == .rateLimited)
    }

    @Test func `T27 the 429s of requests that were on their way together are one`() async throws {
        let rig = try SchedulerRig(ScriptedClient(.failure(.limited)))
        try rig.accept((1...4).map { .sample($0, address: "1.0.0.\($0)") })
        await rig.pump()
        #expect(rig.client.asked.count > 1)
        let burst = rig.client.asked.count
        rig.client.answerAll(with: .value(.notFound))
        await run(rig, for: 62, each: 31)
        #expect(rig.client.asked.count > burst)
        #expect(rig.scheduler.providerStatus.state == .ok)
    }

    @Test func `T27 Retry-After is waited for when it is longer`() async throws {
        let failure = ProviderFailure(
            action: .wait(retryAfter: 600), status: 429, message: "VirusTotal: HTTP 429", wasSent: true)
        let rig = try SchedulerRig(ScriptedClient(.failure(failure)))
        try rig.accept([.sample(1, address: "1.0.0.1")])
        await rig.pump()
        await run(rig, for: 590, each: 59)
        #expect(rig.client.asked.count == 1)
        await run(rig, for: 60, each: 20)
        #expect(rig.client.asked.count == 2)
    }

    @Test func `T38 what others spend with the key counts`() async throws {
        let clock = ManualClock()
        let ledger = try LocalQuotaLedger(
            store: try .inMemory(), clock: clock.clock,
            limits: QuotaLimits(perMinute: 10, perDay: 100, reserve: .count(0)))
        guard case .granted(let ticket) = try ledger.reserve(level: 5) else { return }
        try ledger.finish(ticket, wasSent: true)
        try ledger.learn(ServerQuota(dayUsed: 100, dayAllowed: 100, monthUsed: 300, monthAllowed: 15_500))
        guard case .daySpent = try ledger.reserve(level: 16) else {
            Issue.record("the server's count is not believed")
            return
        }
        let usage = try ledger.usage()
        #expect(usage.dayByOthers == 99)
        #expect(usage.dayUsed == 100)
        #expect(usage.monthUsed == 300)
    }

    @Test func `one notice a day tells that the quota is spent`() async throws {
        let rig = try SchedulerRig { $0.virusTotal.quota = QuotaLimits(perMinute: 10, perDay: 2, reserve: .count(0)) }
        try rig.accept((1...5).map { .sample($0, address: "1.0.0.\($0)") })
        await rig.pump()
        await run(rig, for: 3_600, each: 300)
        func notices() throws -> Int { try rig.events().count { $0["verdict"] as? String == "notice" } }
        #expect(try notices() == 1)
        await run(rig, for: 86_400, each: 3_000)
        try rig.accept((6...9).map { .sample($0, address: "1.0.1.\($0)") })
        await rig.pump()
        #expect(try notices() == 2)
    }

    @Test func `T32 after an outage the backlog goes within the limit, the highest class first`() async throws {
        let rig = try SchedulerRig(ScriptedClient(.failure(.unavailable))) { $0.queue.maxWait = 48 * 3_600 }
        try rig.accept(
            (0..<10_000).map {
                .sample(
                    $0, address: "1.\($0 / 2_500 + 1).\($0 / 50 % 50 + 1).\($0 % 50 + 1)", level: $0 % 100 == 0 ? 13 : 3
                )
            })
        await rig.pump()
        await run(rig, for: 6 * 3_600, each: 300)
        let probes = rig.client.asked.count
        #expect(probes < 100)
        rig.client.answerAll(with: .value(.notFound))
        await run(rig, for: 600, each: 10)
        let after = Array(rig.client.asked.dropFirst(probes))
        #expect(after.count <= 44 && after.count >= 12, "\(after.count) lookups in ten minutes")
        #expect(rig.store.pending + (try rig.events().count) == 10_000)
        let levels = try rig.events().compactMap { ($0["source"] as? [String: Any])?["level"] as? Int }
        #expect(levels.allSatisfy { $0 == 13 }, "\(levels)")
    }
}
