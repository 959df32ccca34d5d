import Foundation
import Support

extension Soak {
    func faults(seconds: Double, seed: UInt64) async throws -> Figures? {
        var faults = RandomFaults(seconds: seconds, seed: seed)
        return try await faults.run()
    }
}

/// T50: faults of every kind at random, one after the other, under load. In the second half nothing ends the daemon, so that
/// one process shows whether memory or descriptors grow.
struct RandomFaults {
    private enum Fault: CaseIterable {
        // In the first half only.
        case kill, terminate
        case freeze, reload, refusedReload
        case analysisdEnds, analysisdIsMoved, analysisdDoesNotRead
        case providerFails, providerIsSlow
        case rotateSize, rotateDay, restartWriter, crashWriter, replaceFile, compressOld, pathMissing
        case flood, silence
    }

    private let seconds: Double
    private var random: Seeded
    private var faults: [Fault: Int] = [:]
    private var compressed = 0

    private static let rate = 100.0
    /// Short times, so that expiry, repeats and giving up happen often.
    private static let settings = [
        "cache.ttl": "{malicious: 20s, suspicious: 20s, unknown: 20s, not_found: 20s}", "cache.max_stale": "1m",
        "output.analysisd.confirm_after": "5s",
    ]

    init(seconds: Double, seed: UInt64) {
        self.seconds = seconds
        random = Seeded(seed)
    }

    mutating func run() async throws -> Figures {
        let site = try await LoadedManager(Self.settings)
        try await site.begin(perSecond: Self.rate)
        let start = monotonicSeconds()
        try await work(on: site, until: start + seconds / 2, Fault.allCases)
        say("first half: \(faultCounts)")
        try await site.stop()
        try site.start()
        faults = [:]
        try await work(on: site, until: start + seconds, Array(Fault.allCases.dropFirst(2)))
        say("second half: \(faultCounts)")

        // What analysisd lost with its end is repeated once others of its kind come back.
        await site.writer.write(perSecond: Self.rate)
        try await pause(30)
        try await site.drain()
        var figures = try await site.figures()
        figures.broken += await growth(of: site)
        let names = ["state.db", "state.db-wal"]
        say(names.map { "\($0) \(Self.size("\(site.manager.statePath)/\($0)") >> 10) KiB" }.joined(separator: ", "))
        try await site.stop()
        return figures
    }

    private var faultCounts: String {
        faults.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
    }

    private mutating func work(on site: LoadedManager, until end: Double, _ kinds: [Fault]) async throws {
        while monotonicSeconds() < end {
            await site.writer.write(perSecond: Self.rate)
            try await pause(Double.random(in: 0.2...4, using: &random))
            guard let fault = kinds.randomElement(using: &random) else { return }
            faults[fault, default: 0] += 1
            try await play(fault, for: Double.random(in: 0.2...5, using: &random), on: site)
            guard site.running?.status == nil else {
                throw LoadedManager.Broken("the daemon ended by itself after \(fault): \(site.manager.log)")
            }
        }
    }

    private mutating func play(_ fault: Fault, for seconds: Double, on site: LoadedManager) async throws {
        let writer = site.writer
        switch fault {
        case .kill:
            try await site.kill()
            let integrity = try await site.integrity()
            guard integrity == "ok" else { throw LoadedManager.Broken("the state after a kill: \(integrity)") }
            try await pause(Double.random(in: 0...seconds, using: &random))
            try site.start()
        case .terminate:
            try await site.stop()
            try await pause(seconds)
            try site.start()
        case .freeze:
            site.signal(SIGSTOP)
            try await pause(seconds)
            site.signal(SIGCONT)
        case .reload, .refusedReload: try await reload(fault, on: site)
        case .analysisdEnds:
            site.analysisd.exit()
            try await pause(seconds)
            try site.analysisd.comeBack()
        case .analysisdIsMoved:
            site.analysisd.removePath()
            try await pause(seconds)
            try site.analysisd.comeBack()
        case .analysisdDoesNotRead:
            site.analysisd.pause()
            try await pause(seconds)
            site.analysisd.resume()
        case .providerFails, .providerIsSlow:
            let isSlow = fault == .providerIsSlow
            site.virusTotal.answerAll(with: isSlow ? Reply.html(503).delayed(seconds / 2) : Reply.html(503))
            try await pause(seconds)
            site.virusTotal.answerAll(with: nil)
        case .rotateSize: await writer.rotateSize()
        case .rotateDay: await writer.rotateDay()
        case .restartWriter: await writer.perform { $0.restartSameDay() }
        case .crashWriter:
            // What came back from the rules is not in the ledger, so it may not be lost either.
            await writer.perform { writer in
                writer.flush()
                writer.crashHalfLine()
            }
        case .replaceFile: await writer.perform { $0.replaceAtomically() }
        case .compressOld: await compressOld(on: site)
        case .pathMissing:
            await writer.perform { $0.deletePath() }
            try await pause(seconds)
            await writer.perform { $0.restorePath() }
        case .flood: await writer.perform { $0.append(3_000) }
        case .silence:
            await writer.write(perSecond: 0)
            try await pause(seconds)
        }
    }

    /// Of the finished generations the oldest that is not compressed yet.
    private mutating func compressOld(on site: LoadedManager) async {
        let generation = compressed
        let done = await site.writer.perform { writer in
            guard generation < writer.generation else { return false }
            writer.compress(generation: generation)
            return true
        }
        if done { compressed += 1 }
    }

    private func reload(_ fault: Fault, on site: LoadedManager) async throws {
        let isGood = fault == .reload
        let path = site.manager.configurationPath
        let good = try String(contentsOfFile: path, encoding: .utf8)
        if !isGood { try (good + "unknown_key: 1\n").write(toFile: path, atomically: true, encoding: .utf8) }
        var output = try await site.manager.run("reload")
        // A daemon that was started just now does not listen yet.
        let patience = monotonicSeconds() + 60
        while output.status == 3, monotonicSeconds() < patience {
            try await pause(0.1)
            output = try await site.manager.run("reload")
        }
        try good.write(toFile: path, atomically: true, encoding: .utf8)
        guard output.status == (isGood ? 0 : 78) else {
            throw LoadedManager.Broken("reload ended with \(output.status): \(output.standardError)")
        }
        // A refusal stays in the status until the next reload.
        if !isGood { _ = try await site.manager.run("reload") }
    }

    /// Of the process of the second half: memory at its beginning and end, and its descriptors once all is at rest.
    private func growth(of site: LoadedManager) async -> [String] {
        let samples = site.watch.samples
        guard samples.count > 20 else { return ["too few samples to see growth"] }
        let part = samples.count / 5
        let early = Self.median(samples[part..<(2 * part)].map(\.memory))
        let late = Self.median(samples.suffix(part).map(\.memory))
        // The most of that time: connections to the state and old generations come and go.
        let first = samples[part..<(2 * part)].map(\.descriptors).max() ?? 0
        // Old generations are let go a minute after the last rotation.
        try? await pause(70)
        let rest = site.watch.samples.suffix(4).map(\.descriptors).max() ?? 0
        let last = site.watch.samples.last?.memory ?? 0
        say(
            "one process for \(Int(samples.last?.age ?? 0)) s: memory \(samples[4].memory >> 10) KiB at the start, "
                + "\(early >> 10) early, \(late >> 10) late, \(last >> 10) at rest; descriptors \(first) early, \(rest) at rest"
        )
        var broken: [String] = []
        if late > early + 8 << 20 { broken.append("P7: memory grew from \(early >> 10) to \(late >> 10) KiB") }
        if rest > first { broken.append("P7: descriptors grew from \(first) to \(rest)") }
        return broken
    }

    private static func median(_ numbers: [Int]) -> Int { numbers.sorted()[numbers.count / 2] }

    private static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }
}
