import ArgumentParser
import Foundation
import Support

/// The proofs that take too long for every change: the built program beside it, on real time, under literal sizes. Prints the
/// ledger's figures and ends with 1 when a promise of `docs/GUARANTEES.md` is broken.
@main
struct Soak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the long scenarios against the vtenrichd beside this program.")

    enum Scenario: String, CaseIterable, ExpressibleByArgument {
        case kills, backlog, outage, disk, faults, cluster, spread
    }

    @Argument(help: "Which; all without any.") var scenarios: [Scenario] = Scenario.allCases
    @Option(help: "How long 'faults' takes; below 30 the others shrink with it.") var minutes = 30.0
    @Option(help: "Repeats a run; a new one without this.") var seed: UInt64?

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0...UInt64.max)
        let share = min(1, minutes / 30)
        say("soak: seed \(seed), \(Int((share * 100).rounded())) % of the literal sizes")
        var failures = 0
        for scenario in scenarios {
            say("==> \(scenario.rawValue)")
            let start = monotonicSeconds()
            guard let broken = try await play(scenario, share: share, seed: seed) else { continue }
            for promise in broken { say("BROKEN: \(promise)") }
            say("\(broken.isEmpty ? "ok" : "FAILED") after \(seconds(since: start)) s")
            failures += broken.count
        }
        if failures > 0 { throw ExitCode(1) }
    }

    /// - Returns: what broke; nil when it could not be played here.
    private func play(_ scenario: Scenario, share: Double, seed: UInt64) async throws -> [String]? {
        switch scenario {
        case .kills: told(try await kills(seed: seed))
        case .backlog: told(try await backlog(gigabytes: 5 * share))
        case .outage: told(try await outage(seconds: 600 * share))
        case .disk: told(try await fullDisk())
        case .faults: told(try await faults(seconds: minutes * 60, seed: seed))
        case .cluster: try await cluster(seconds: 600 * share, away: 120 * share, seed: seed)
        case .spread: try await spread(share: share, seed: seed)
        }
    }

    private func told(_ figures: Figures?) -> [String]? {
        guard let figures else { return nil }
        say("\(figures)")
        return figures.broken
    }
}

/// One line on standard output, at once.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

func seconds(since start: Double) -> String {
    String(format: "%.1f", monotonicSeconds() - start)
}

func pause(_ seconds: Double) async throws {
    try await Task.sleep(for: .seconds(seconds))
}
