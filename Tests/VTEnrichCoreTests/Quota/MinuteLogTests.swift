import Support
import Testing
import VTEnrichCore

@Suite struct `Minute log` {
    /// Sends whenever a token is there and returns the times at which the server saw a request: up to `latency` after it was
    /// sent.
    private func traffic(limit: Int, seconds: Double, seed: UInt64, latency: ClosedRange<Double>) -> [Double] {
        var generator = Seeded(seed)
        var log = MinuteLog()
        var flying: [(id: Int64, ends: Double)] = []
        var (now, next, seen) = (0.0, Int64(1), [Double]())
        while now < seconds {
            for flight in flying where flight.ends <= now {
                log.requests = log.requests.map { $0.id == flight.id ? .init(id: $0.id, ended: flight.ends) : $0 }
            }
            flying.removeAll { $0.ends <= now }
            log.prune(at: now)
            if let token = log.nextToken(limit: limit, now: now), token <= now {
                let duration = Double.random(in: latency, using: &generator)
                seen.append(now + Double.random(in: 0...duration, using: &generator))
                log.requests.append(.init(id: next, ended: nil))
                flying.append((next, now + duration))
                next += 1
            } else {
                now += Double.random(in: 0.01...3, using: &generator)
            }
        }
        return seen.sorted()
    }

    @Test(arguments: [(4, 0.001...0.01), (4, 0.1...15), (4, 0...15), (1, 0.1...2), (40, 0.1...15)])
    func `T33 no 60 s window at the server holds more than the limit`(limit: Int, latency: ClosedRange<Double>) {
        for seed in UInt64(1)...20 {
            let seen = traffic(limit: limit, seconds: 3_600, seed: seed, latency: latency)
            #expect(seen.count > limit * 10, "the log starves: \(seen.count) requests in an hour")
            for (first, time) in seen.enumerated() {
                let inWindow = seen[first...].prefix { $0 < time + 60 }.count
                #expect(inWindow <= limit, "seed \(seed): \(inWindow) requests in the 60 s from \(time)")
            }
        }
    }

    @Test func `a token comes back 61 s after the end of its request, not after its start`() {
        var log = MinuteLog(requests: [.init(id: 1, ended: nil)])
        #expect(log.nextToken(limit: 1, now: 100) == nil)
        log.requests = [.init(id: 1, ended: 110)]
        #expect(log.nextToken(limit: 1, now: 110) == 171)
        #expect(log.nextToken(limit: 1, now: 171) == 171)
    }

    @Test func `a lowered limit waits for as many tokens as are too many`() {
        let log = MinuteLog(requests: (1...4).map { .init(id: $0, ended: Double($0)) })
        #expect(log.nextToken(limit: 2, now: 10) == 64)
        #expect(log.nextToken(limit: 0, now: 10) == nil)
    }

    @Test func `T34 after a reboot the bucket is empty for 61 s`() {
        let log = MinuteLog(requests: [], emptyUntil: 76)
        #expect(log.nextToken(limit: 4, now: 15) == 76)
        #expect(log.nextToken(limit: 4, now: 80) == 80)
    }
}
