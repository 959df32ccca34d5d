import Support

extension Soak {
    /// T01, literally: 200 kills, each 0.2 to 1.5 s after a start, while the writer writes and rotates.
    func kills(seed: UInt64) async throws -> Figures? {
        let site = try await LoadedManager()
        let damages = try await Kills(count: 200, seed: seed, rate: 300).run(on: site)
        try await site.drain()
        var figures = try await site.figures()
        figures.broken += damages
        try await site.stop()
        return figures
    }
}
