import Support
import Testing
import VTEnrich
import VTEnrichCore

/// Days of traffic with everything that can happen to a machine, seen by a server whose clock is right. The clock jumps by whole
/// days: one that is wrong by less moves midnight itself, which nobody can see from inside.
@Suite struct `Quota over restarts, reboots and clock jumps` {
    private struct Flight {
        var ticket: QuotaTicket
        /// True time.
        var ends: Double
    }

    @Test(arguments: UInt64(1)...12)
    func `T33 T34 T35 T48 the server never sees more than a minute and a day allow`(seed: UInt64) throws {
        var generator = Seeded(seed)
        let limits = QuotaLimits(perMinute: 4, perDay: 60, reserve: .count(0))
        let store = try Store.inMemory()
        // 2026-03-30T00:50:00Z.
        var (now, error, boots) = (1_774_831_800.0, 0.0, 1)
        var clock = ManualClock(wall: now, boot: 500, bootID: "boot-1")
        var ledger = try LocalQuotaLedger(store: store, clock: clock.clock, limits: limits)
        var (flights, seen) = ([Flight](), [Double]())
        let end = now + 4 * 86_400
        while now < end {
            let step = Double.random(in: 0.1...90, using: &generator)
            now += step
            clock.advance(step)
            switch Int.random(in: 0..<400, using: &generator) {
            case 0:
                error = [0, 86_400, -86_400, -3_456 * 86_400].randomElement(using: &generator) ?? 0
                clock.setWall(now + error)
            case 1...3:
                flights = []
                ledger = try LocalQuotaLedger(store: store, clock: clock.clock, limits: limits)
            case 4:
                flights = []
                boots += 1
                clock = ManualClock(wall: now + error, boot: 20, bootID: "boot-\(boots)")
                ledger = try LocalQuotaLedger(store: store, clock: clock.clock, limits: limits)
            default: break
            }
            for flight in flights where flight.ends <= now { try ledger.finish(flight.ticket, wasSent: true) }
            flights.removeAll { $0.ends <= now }
            while case .granted(let ticket) = try ledger.reserve(level: 5) {
                let latency = Double.random(in: 0.05...15, using: &generator)
                seen.append(now + Double.random(in: 0...latency, using: &generator))
                flights.append(Flight(ticket: ticket, ends: now + latency))
            }
        }
        check(seen.sorted(), limits, seed)
    }

    private func check(_ seen: [Double], _ limits: QuotaLimits, _ seed: UInt64) {
        #expect(seen.count > 60, "seed \(seed): the ledger starves")
        for (first, time) in seen.enumerated() {
            let count = seen[first...].prefix { $0 < time + 60 }.count
            #expect(count <= limits.perMinute, "seed \(seed): \(count) requests in the 60 s from \(time)")
        }
        for (date, times) in Dictionary(grouping: seen, by: { UTCDate(wall: $0) }) {
            #expect(times.count <= limits.perDay, "seed \(seed): \(times.count) requests on \(date)")
        }
    }
}
