import Testing
import VTEnrichCore

private let now = 1_764_927_000.0
private let day = 86_400.0

/// One row of the flow's table: facts in, verdict out, with the default settings unless the row changes them.
private struct Row: CustomTestStringConvertible, Sendable {
    var name: String
    var malicious = 0
    var suspicious = 0
    var engines: (malicious: Int, suspicious: Int)?
    var reputation = 0
    var tags: [String] = []
    var ageDays: Double?
    var pivot: PivotFacts?
    var settings = VerdictSettings()
    var verdict: Verdict

    var testDescription: String { name }

    var facts: ReputationFacts {
        ReputationFacts(
            stats: .init(malicious: malicious, suspicious: suspicious, total: 90),
            enginesMalicious: engines?.malicious ?? 0, enginesSuspicious: engines?.suspicious ?? 0,
            reputation: reputation, tags: tags, lastAnalysisDate: ageDays.map { Int(now - $0 * day) })
    }

    func judge() -> Judgement { VerdictFlow.judge(facts, pivot: pivot, now: now, settings: settings) }
}

struct VerdictFlowTests {
    @Test(arguments: [
        Row(name: "nothing", verdict: .unknown),
        Row(name: "three malicious", malicious: 3, verdict: .malicious),
        Row(name: "two malicious", malicious: 2, verdict: .suspicious),
        Row(name: "one malicious, reputation -1", malicious: 1, reputation: -1, verdict: .malicious),
        Row(name: "one malicious, reputation 0", malicious: 1, reputation: 0, verdict: .suspicious),
        Row(name: "one suspicious, reputation -1", suspicious: 1, reputation: -1, verdict: .suspicious),
        Row(name: "bad reputation alone", reputation: -100, verdict: .unknown),
        Row(name: "many suspicious", suspicious: 12, verdict: .suspicious),
    ])
    private func `counts and reputation give the first verdict`(row: Row) {
        #expect(row.judge().verdict == row.verdict)
    }

    @Test(arguments: [
        Row(name: "exactly 90 days", malicious: 1, ageDays: 90, verdict: .suspicious),
        Row(name: "90 days and a second", malicious: 1, ageDays: 90 + 1 / day, verdict: .unknown),
        Row(name: "no date", malicious: 1, verdict: .suspicious),
        Row(name: "one malicious, many suspicious", malicious: 1, suspicious: 9, ageDays: 91, verdict: .unknown),
        Row(name: "two malicious", malicious: 2, ageDays: 400, verdict: .suspicious),
        Row(name: "three malicious", malicious: 3, ageDays: 400, verdict: .malicious),
        Row(
            name: "bad reputation keeps a suspicious hit", suspicious: 1, reputation: -1, ageDays: 91,
            verdict: .suspicious),
        Row(
            name: "the reputation bound moves with the setting", suspicious: 1, reputation: -4, ageDays: 91,
            settings: VerdictSettings(reputationBadBelow: -4), verdict: .unknown),
        Row(
            name: "the day limit moves", malicious: 1, ageDays: 8, settings: VerdictSettings(staleDays: 7),
            verdict: .unknown),
    ])
    private func `a weak hit is stale only when it is older than the limit`(row: Row) {
        #expect(row.judge().verdict == row.verdict)
    }

    @Test(arguments: [
        Row(name: "3.0", malicious: 2, engines: (2, 2), verdict: .malicious),
        Row(name: "2.5", malicious: 2, engines: (2, 1), verdict: .suspicious),
        Row(name: "six suspicious engines", suspicious: 6, engines: (0, 6), verdict: .malicious),
        Row(name: "1.5 raises unknown", engines: (1, 1), verdict: .suspicious),
        Row(name: "1.0 raises nothing", engines: (1, 0), verdict: .unknown),
        Row(
            name: "1.5 raises a stale hit again", malicious: 1, suspicious: 1, engines: (1, 1), ageDays: 91,
            verdict: .suspicious),
        Row(
            name: "3.0 raises a stale hit to malicious", suspicious: 6, engines: (0, 6), ageDays: 91,
            verdict: .malicious),
        Row(name: "the score never lowers", malicious: 3, engines: (0, 0), verdict: .malicious),
        Row(
            name: "the bounds move", engines: (1, 0),
            settings: VerdictSettings(scoreMaliciousMin: 1, scoreSuspiciousMin: 0.5), verdict: .malicious),
    ])
    private func `the weighted score raises a verdict that is not malicious`(row: Row) {
        #expect(row.judge().verdict == row.verdict)
    }

    @Test(arguments: [
        Row(name: "stale hit with tor", malicious: 1, tags: ["tor"], ageDays: 91, verdict: .suspicious),
        Row(
            name: "stale hit, the tag is not the first", malicious: 1, tags: ["a", "vpn"], ageDays: 91,
            verdict: .suspicious),
        Row(name: "stale hit with another tag", malicious: 1, tags: ["scanner"], ageDays: 91, verdict: .unknown),
        Row(name: "tor without a hit", tags: ["tor"], verdict: .unknown),
        Row(name: "tags are compared as they are", malicious: 1, tags: ["TOR"], ageDays: 91, verdict: .unknown),
        Row(
            name: "own risk tags", malicious: 1, tags: ["scanner"], ageDays: 91,
            settings: VerdictSettings(riskTags: ["scanner"]), verdict: .suspicious),
    ])
    private func `a risk tag holds a hit at suspicious`(row: Row) {
        #expect(row.judge().verdict == row.verdict)
    }

    private static func files(_ strong: Int) -> PivotFacts { PivotFacts(totalFiles: 10, strongFiles: strong) }

    @Test(arguments: [
        Row(name: "unknown, none strong", pivot: files(0), verdict: .unknown),
        Row(name: "unknown, one strong", pivot: files(1), verdict: .suspicious),
        Row(name: "unknown, ten strong: one step", pivot: files(10), verdict: .suspicious),
        Row(name: "suspicious, two strong", malicious: 1, pivot: files(2), verdict: .suspicious),
        Row(name: "suspicious, three strong", malicious: 1, pivot: files(3), verdict: .malicious),
        Row(name: "suspicious by a suspicious engine", suspicious: 1, pivot: files(3), verdict: .malicious),
        Row(name: "two hits are not borderline", malicious: 2, pivot: files(10), verdict: .suspicious),
        Row(name: "malicious stays", malicious: 1, reputation: -1, pivot: files(0), verdict: .malicious),
    ])
    private func `the pivot raises a borderline verdict by one step`(row: Row) {
        #expect(row.judge().verdict == row.verdict)
    }

    @Test func `only what was borderline counts as pivoted`() {
        let facts = Row(name: "", malicious: 1, verdict: .suspicious).facts
        let files = Self.files(3)
        let raised = VerdictFlow.judge(facts, pivot: files, now: now, settings: VerdictSettings())
        #expect(raised.isBorderline && raised.pivot == files)
        let clear = VerdictFlow.judge(
            Row(name: "", malicious: 3, verdict: .malicious).facts, pivot: files, now: now, settings: VerdictSettings())
        #expect(!clear.isBorderline && clear.pivot == nil)
    }

    @Test(arguments: [(5, Judgement.Severity.low), (6, .medium), (20, .medium), (21, .high)])
    private func `severity goes by malicious engines`(malicious: Int, severity: Judgement.Severity) {
        #expect(Row(name: "", malicious: malicious, verdict: .malicious).judge().severity == severity)
    }

    @Test func `block needs a malicious verdict above the bar, a fresh entry, and no exception`() {
        func block(
            _ malicious: Int, _ settings: VerdictSettings = VerdictSettings(), allowlisted: Bool = false,
            fresh: Bool = true
        ) -> Bool {
            VerdictFlow.judge(
                Row(name: "", malicious: malicious, verdict: .malicious).facts, now: now, settings: settings,
                allowlisted: allowlisted, fresh: fresh
            ).block
        }
        #expect(block(16))
        #expect(!block(15))
        #expect(!block(16, allowlisted: true))
        #expect(!block(16, fresh: false))
        #expect(!block(16, VerdictSettings(maliciousMin: 99, scoreMaliciousMin: 99)))
    }

    @Test func `the account names each rule once, in the order of the flow`() {
        let steps = Row(name: "", malicious: 1, ageDays: 91, verdict: .unknown).judge().steps
        #expect(steps.map(\.rule) == ["engines", "score", "risk tags", "pivot", "severity", "block"])
        #expect(steps[0].description == "a weak hit, 91.0 days old, more than 90.0: unknown")
    }
}
