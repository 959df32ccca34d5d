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
        case kills, backlog, outage, disk, faults, cluster
    }

    @Argument(help: "Which; all without any.") var scenarios: [Scenario] = Scenario.allCases
    @Option(help: "How long 'faults' takes; below 30 the others shrink with it.") var minutes = 30.0
    @Option(help: "Repeats a run; a new one without this.") var seed: UInt64?

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0...UInt64.max)
        let share = min(1, minutes / 30)
        say("soak: seed \(seed), \(Int((share * 100).rounded())) % of the literal sizes")
        var broken = 0
        for scenario in scenarios {
            say("==> \(scenario.rawValue)")
            let start = monotonicSeconds()
            let figures: Figures? =
                switch scenario {
                case .kills: try await kills(seed: seed)
                case .backlog: try await backlog(gigabytes: 5 * share)
                case .outage: try await outage(seconds: 600 * share)
                case .disk: try await fullDisk()
                case .faults: try await faults(seconds: minutes * 60, seed: seed)
                case .cluster: nil
                }
            if scenario == .cluster {
                let faults = try await cluster(seconds: 600 * share, away: 120 * share, seed: seed)
                for fault in faults { say("BROKEN: \(fault)") }
                say("\(faults.isEmpty ? "ok" : "FAILED") after \(seconds(since: start)) s")
                broken += faults.count
            }
            guard let figures else { continue }
            say("\(figures)")
            for promise in figures.broken { say("BROKEN: \(promise)") }
            say("\(figures.broken.isEmpty ? "ok" : "FAILED") after \(seconds(since: start)) s")
            broken += figures.broken.count
        }
        if broken > 0 { throw ExitCode(1) }
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
