import Foundation
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// A simulation promises what the daemon would do. Here the daemon's own follower, store, ledger and scheduler live through the
/// same alerts, out of a real file, by a clock that is moved by hand.
@Suite struct `Simulation and daemon` {
    @Test(arguments: [("2025-02-24", 0..<900), ("2025-02-23", 0..<900), ("2025-02-24", 3_300..<4_100)])
    func `the daemon's own parts do what the simulation says`(date: String, part: Range<Int>) async throws {
        let arrivals = Array(try HoneypotDay.arrivals(date)[part]).sorted { $0.time < $1.time }
        // In a pivot nobody waits; without it each request is a lookup.
        var configuration = Configuration()
        configuration.virusTotal.pivot = .off
        let simulated = try await Simulation(configuration).run(arrivals)
        let lived = try await live(arrivals, configuration)
        #expect(lived.lookups.count > 50 && lived.lookups.count == simulated.lookups.count)
        for (ours, theirs) in zip(lived.lookups, simulated.lookups) where abs(ours - theirs) > 0.01 {
            Issue.record("a lookup at \(ours), simulated at \(theirs)")
            return
        }
        #expect(Dictionary(grouping: lived.addresses) { $0 }.values.allSatisfy { $0.count == 1 })
        #expect(lived.enriched == simulated.outcomes.count { $0.wait != nil })
    }

    private struct Lived {
        /// When each was sent, and about whom.
        var lookups: [Double] = []
        var addresses: [IPAddress] = []
        /// Events with a verdict.
        var enriched = 0
    }

    private func live(_ arrivals: [Arrival], _ configuration: Configuration) async throws -> Lived {
        let clock = ManualClock(wall: arrivals[0].time, boot: 1_000)
        let folder = try TemporaryFolder()
        let path = try folder.write("alerts.json", "")
        let store = try Store.inMemory()
        let client = ScriptedClient()
        let scheduler = Scheduler(
            Scheduler.Parts(
                store: store,
                ledger: try LocalQuotaLedger(
                    store: store, clock: clock.clock, limits: configuration.virusTotal.quota),
                clock: clock.clock, log: .quiet), client: client, configuration: configuration)
        var settings = FollowSettings()
        settings.alerts.path = path
        settings.alerts.start = .beginning
        let trail = Trail(
            settings: settings, examine: AlertSelector(configuration.selection).examine,
            intake: Intake(store: store, clock: clock.clock, onAccepted: {}), clock: clock.clock, log: .quiet,
            quarantine: Quarantine(directory: nil))

        var (lived, next) = (Lived(), 0)
        while next < arrivals.count || store.pending > 0 {
            while next < arrivals.count, arrivals[next].time <= clock.wall {
                appendToFile(path, Array((line(next, arrivals[next]) + "\n").utf8))
                next += 1
            }
            while trail.look(budget: 1 << 20).hasMore {}
            var pause = 0.0
            repeat { pause = await scheduler.step() } while await scheduler.settle()
            lived.lookups += Array(repeating: clock.wall, count: client.asked.count - lived.lookups.count)
            let wake = clock.wall + max(0.001, pause)
            clock.advance((next < arrivals.count ? min(wake, arrivals[next].time) : wake) - clock.wall)
        }
        lived.addresses = client.asked
        lived.enriched = try store.unsent(sink: "analysisd", limit: 100_000).count {
            !String(decoding: $0.body, as: UTF8.self).contains(#""verdict":"unenriched""#)
        }
        return lived
    }

    private func line(_ number: Int, _ arrival: Arrival) -> String {
        TemporaryManager.alert(id: "1789114831.\(number)", srcip: "\(arrival.address)", level: arrival.level)
    }
}
