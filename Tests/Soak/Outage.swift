import Support
import VTEnrich

extension Soak {
    /// T41, T42: analysisd is gone, and then there but not reading, while alerts go on. Measures the processor time of both.
    func outage(seconds: Double) async throws -> Figures? {
        let site = try await LoadedManager()
        try await site.begin(perSecond: 20)
        // What the kernel holds for an analysisd that ends is gone with it: that is no promise.
        try await site.drain()
        var broken: [String] = []

        site.analysisd.exit()
        broken += try await wait("analysisd gone", seconds: seconds, on: site)
        try site.analysisd.comeBack()
        broken += try await heal(on: site)

        site.analysisd.pause()
        broken += try await wait("analysisd not reading", seconds: seconds, on: site)
        site.analysisd.resume()
        broken += try await heal(on: site)

        try await site.drain()
        var figures = try await site.figures()
        figures.broken += broken
        try await site.stop()
        return figures
    }

    /// Lives through the outage; says how busy the daemon was (P8).
    private func wait(_ what: String, seconds: Double, on site: LoadedManager) async throws -> [String] {
        await site.writer.write(perSecond: 20)
        let (cpu, start) = (site.watch.cpu, monotonicSeconds())
        try await pause(seconds)
        let used = site.watch.cpu - cpu
        let share = used / (monotonicSeconds() - start) * 100
        let waiting = try await site.status().output["analysisd"]?.waiting ?? 0
        say(
            "\(what) for \(Int(seconds)) s: \(hundredths(used)) s of processor (\(hundredths(share)) %), \(waiting) waiting"
        )
        return share < 5 ? [] : ["P8: \(hundredths(share)) % of a processor: \(what)"]
    }

    private func heal(on site: LoadedManager) async throws -> [String] {
        let (start, before) = (monotonicSeconds(), site.receipts.count)
        while site.receipts.count == before, monotonicSeconds() < start + 30 { try await pause(0.02) }
        let seconds = monotonicSeconds() - start
        say("healed after \(hundredths(seconds)) s")
        return seconds < 10 ? [] : ["T41 T42: healed after \(hundredths(seconds)) s"]
    }
}

func hundredths(_ number: Double) -> String {
    String(Double(Int((number * 100).rounded())) / 100)
}
