import Support
import Testing

@testable import VTEnrichCore

private let settings: [SelectionSettings] = [
    [AlertFilter(groups: ["sshd"])],
    [AlertFilter(groups: ["web", "windows_security", "opencanary"])],
    [AlertFilter(ruleIDs: [5710...5710])],
    [AlertFilter(ruleIDs: [100_200...100_299, 31_101...31_101]), AlertFilter(groups: ["pam"])],
    [AlertFilter(level: 5)],
    [AlertFilter(level: 16)],
    [AlertFilter(location: LocationPattern("^/var/log/auth"))],
    [AlertFilter(location: LocationPattern("!syslog|\\"))],
    [
        AlertFilter(groups: ["sshd"], level: 10),
        AlertFilter(ruleIDs: [86_601...86_601], location: LocationPattern("eve")),
    ],
].map { SelectionSettings(filters: $0) }

/// Fails for a line that the cheap test turns away and the full path would not.
private func expectImplied(_ line: [UInt8], _ settings: SelectionSettings) -> Bool {
    guard let prefilter = LinePrefilter(settings) else {
        Issue.record("no prefilter")
        return false
    }
    return line.withUnsafeBytes { bytes in
        let maybe = prefilter.mayBeWanted(bytes)
        if !maybe {
            switch AlertSelector(settings).examineWhole(bytes).outcome {
            case .unwanted, .malformed: break
            default: Issue.record("turned away: \(String(decoding: line, as: UTF8.self))")
            }
        }
        return maybe
    }
}

@Suite struct `The cheap test before parsing` {
    @Test(arguments: settings)
    func `turns away exactly the real alerts that no filter takes`(settings: SelectionSettings) {
        for line in AlertLines.all {
            let maybe = expectImplied(line, settings)
            let wanted = line.withUnsafeBytes { AlertSelector(settings).examineWhole($0).outcome } != .unwanted
            #expect(maybe == wanted)
        }
    }

    @Test(arguments: settings)
    func `never turns away a damaged line that a filter takes`(settings: SelectionSettings) {
        var mutator = Mutator(seed: 2, pieces: AlertLines.pieces)
        var turnedAway = 0
        for _ in 0..<500 {
            guard let line = AlertLines.all.randomElement(using: &mutator),
                let other = AlertLines.all.randomElement(using: &mutator)
            else { break }
            let mutant = mutator.mutate(line, with: other)
            // The one exception that `LinePrefilter` names.
            guard String(decoding: mutant, as: UTF8.self).ranges(of: #""location":"#).count < 2 else { continue }
            if !expectImplied(mutant, settings) { turnedAway += 1 }
        }
        #expect(turnedAway > 5, "too few mutants were turned away to prove anything")
    }

    @Test func `is left out when every alert is wanted or there are too many groups`() {
        #expect(LinePrefilter(SelectionSettings()) == nil)
        func named(_ count: Int) -> SelectionSettings {
            SelectionSettings(filters: [AlertFilter(groups: (0..<count).map { "group\($0)" })])
        }
        #expect(LinePrefilter(named(63)) != nil)
        #expect(LinePrefilter(named(64)) == nil)
    }
}
