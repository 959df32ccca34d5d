/// T01: the daemon is killed at random moments while the writer writes and rotates, and starts again each time.
package struct Kills: Sendable {
    package var count: Int
    package var seed: UInt64
    /// Alerts in a second.
    package var rate: Double
    /// Seconds from a start to the kill.
    package var lives: ClosedRange<Double> = 0.2...1.5

    package init(count: Int, seed: UInt64, rate: Double) {
        self.count = count
        self.seed = seed
        self.rate = rate
    }

    /// - Returns: what `integrity_check` said after each kill where that was not "ok".
    package func run(on site: LoadedManager) async throws -> [String] {
        var random = Seeded(seed)
        var damages: [String] = []
        try await site.begin(perSecond: rate)
        try await site.stop()
        for kill in 1...count {
            try site.start()
            let life = Double.random(in: lives, using: &random)
            let before = Double.random(in: 0...life, using: &random)
            try await Task.sleep(for: .seconds(before))
            switch Int.random(in: 0...9, using: &random) {
            case 0...3: await site.writer.rotateSize()
            case 4: await site.writer.rotateDay()
            case 5: await site.writer.perform { $0.restartSameDay() }
            default: break
            }
            try await Task.sleep(for: .seconds(life - before))
            guard let running = site.running, running.status == nil else {
                throw LoadedManager.Broken("the daemon ended by itself before kill \(kill): \(site.manager.log)")
            }
            try await site.kill()
            let integrity = try await site.integrity()
            if integrity != "ok" { damages.append("after kill \(kill): \(integrity)") }
        }
        try site.start()
        return damages
    }
}
