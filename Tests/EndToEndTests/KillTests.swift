import Support
import Testing

/// The ledger against the built program. `make soak` runs the same with 200 kills.
struct KillTests {
    @Test(.timeLimit(.minutes(10)))
    func `T01 killed at random under load and rotations, it loses nothing and repeats at most what was in flight`()
        async throws
    {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("T01: seed \(seed)")
        let site = try await LoadedManager()
        let damages = try await Kills(count: 25, seed: seed, rate: 300).run(on: site)
        try await site.drain()
        let figures = try await site.figures(limitsMemory: false)
        print("T01: \(figures)")
        #expect(damages.isEmpty)
        #expect(figures.broken.isEmpty)
        #expect(figures.kills == 25 && figures.rotations > 0 && figures.ledger.written > 1_000)
        try await site.stop()
    }
}
