import Testing

@testable import VTEnrichCore

struct AbuseTests {
    private func judge(_ malicious: Int, score: Int?, until: Int = 2_000, _ settings: AbuseSettings) -> Judgement {
        var facts = ReputationFacts(
            stats: .init(malicious: malicious, harmless: 60, total: 60 + malicious), enginesMalicious: malicious,
            lastAnalysisDate: 900)
        facts.abuse = score.map { AbuseFacts(score: $0, reports: 1, until: until) }
        var verdict = VerdictSettings()
        verdict.abuse = settings
        return VerdictFlow.judge(facts, now: 1_000, settings: verdict)
    }

    private static let both = AbuseSettings(suspiciousMin: 75, maliciousMin: 90)

    @Test(arguments: [
        (0, 74, Verdict.unknown), (0, 75, .suspicious), (0, 100, .suspicious), (1, 89, .suspicious),
        (1, 90, .malicious),
        (9, 0, .malicious),
    ])
    func `a score raises by one step at most and never lowers`(malicious: Int, score: Int, verdict: Verdict) {
        #expect(judge(malicious, score: score, Self.both).verdict == verdict)
    }

    @Test func `off by default, and past its time it says nothing`() {
        #expect(judge(0, score: 100, AbuseSettings()).verdict == .unknown)
        #expect(judge(0, score: 100, until: 1_000, Self.both).verdict == .unknown)
        #expect(judge(0, score: nil, Self.both).steps.count == 6)
        #expect(judge(0, score: 80, Self.both).steps.contains(.abuseRaises(score: 80, to: .suspicious)))
    }

    @Test func `a score alone never blocks`() {
        #expect(!judge(1, score: 100, Self.both).block)
    }
}
