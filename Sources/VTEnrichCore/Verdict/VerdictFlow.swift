/// The decision flow of the reference integration, the article's severity and block mark, and the pivot, with their
/// thresholds as settings. Pure: the same facts, time and settings give the same judgement.
package enum VerdictFlow {
    /// This many engines make a communicating file a strong one (contract §3, Pivot).
    package static let strongFileEngines = 5
    /// This many strong files raise suspicious to malicious; a single one raises unknown.
    private static let manyStrongFiles = 3

    /// - Parameters:
    ///   - now: seconds since 1970, UTC.
    ///   - allowlisted: the operator excepts this address: it is never marked for blocking.
    ///   - fresh: false when the facts come from a cache entry past its TTL, served because nothing newer could be had.
    ///     What such an entry says may have been withdrawn since, so it never blocks. How old VirusTotal's own analysis is
    ///     does not matter here: that is what the stale rule weighs.
    package static func judge(
        _ facts: ReputationFacts, pivot: PivotFacts? = nil, now: Double, settings: VerdictSettings,
        allowlisted: Bool = false, fresh: Bool = true
    ) -> Judgement {
        let weighted = Double(facts.enginesMalicious) + 0.5 * Double(facts.enginesSuspicious)
        let ageDays = facts.lastAnalysisDate.map { (now - Double($0)) / 86_400 }
        var verdict = Verdict.unknown
        let engines = applyEngines(facts, ageDays, settings, to: &verdict)
        let score = applyScore(weighted, settings, to: &verdict)
        let tags = applyRiskTags(facts, settings, to: &verdict)

        let isBorderline = verdict != .malicious && facts.hits <= 1
        let usedPivot = isBorderline ? pivot : nil
        let files = isBorderline ? applyPivot(usedPivot, to: &verdict) : .pivotNotAsked

        let abuse = facts.abuse.flatMap { Double($0.until) > now ? settings.abuse.raise($0, &verdict) : nil }

        let severity = severity(of: facts, settings)
        let noBlock = reasonNotToBlock(facts, verdict, settings, allowlisted: allowlisted, fresh: fresh)
        return Judgement(
            verdict: verdict, weighted: weighted, ageDays: ageDays, severity: severity, block: noBlock == nil,
            isBorderline: isBorderline, pivot: usedPivot,
            steps: [engines, score, tags, files] + [abuse].compactMap { $0 } + [
                .severity(severity, malicious: facts.stats.malicious), noBlock.map { .noBlock($0) } ?? .block,
            ])
    }

    /// Counts, reputation and age: the first verdict. Only a weak hit can be stale.
    private static func applyEngines(
        _ facts: ReputationFacts, _ ageDays: Double?, _ settings: VerdictSettings, to verdict: inout Verdict
    ) -> VerdictStep {
        let malicious = facts.stats.malicious
        if malicious >= settings.maliciousMin {
            verdict = .malicious
            return .manyMalicious(engines: malicious, min: settings.maliciousMin)
        }
        if malicious >= 1, facts.reputation < settings.reputationBadBelow {
            verdict = .malicious
            return .badReputation(
                engines: malicious, reputation: facts.reputation, below: settings.reputationBadBelow)
        }
        guard facts.hits >= 1 else { return .noHit }
        if let ageDays, ageDays > settings.staleDays, facts.reputation >= settings.reputationBadBelow, malicious <= 1 {
            return .staleHit(ageDays: ageDays, limit: settings.staleDays)
        }
        verdict = .suspicious
        return .hit(malicious: malicious, suspicious: facts.stats.suspicious)
    }

    private static func applyScore(
        _ weighted: Double, _ settings: VerdictSettings, to verdict: inout Verdict
    ) -> VerdictStep {
        guard verdict != .malicious else { return .scoreNotAsked(weighted) }
        if weighted >= settings.scoreMaliciousMin {
            verdict = .malicious
            return .scoreMalicious(weighted, min: settings.scoreMaliciousMin)
        }
        if weighted >= settings.scoreSuspiciousMin, verdict == .unknown {
            verdict = .suspicious
            return .scoreSuspicious(weighted, min: settings.scoreSuspiciousMin)
        }
        return .scoreChangesNothing(weighted)
    }

    private static func applyRiskTags(
        _ facts: ReputationFacts, _ settings: VerdictSettings, to verdict: inout Verdict
    ) -> VerdictStep {
        guard let tag = facts.tags.first(where: settings.riskTags.contains) else { return .noRiskTag }
        guard facts.hits >= 1 else { return .riskTagWithoutHit(tag) }
        guard verdict == .unknown else { return .riskTagChangesNothing(tag) }
        verdict = .suspicious
        return .riskTag(tag)
    }

    /// At most one step up.
    private static func applyPivot(_ pivot: PivotFacts?, to verdict: inout Verdict) -> VerdictStep {
        guard let pivot else { return .pivotUnknown }
        switch verdict {
        case .unknown where pivot.strongFiles >= 1: verdict = .suspicious
        case .suspicious where pivot.strongFiles >= manyStrongFiles: verdict = .malicious
        default: return .pivotChangesNothing(strong: pivot.strongFiles, files: pivot.totalFiles)
        }
        return .pivotRaises(strong: pivot.strongFiles, files: pivot.totalFiles, to: verdict)
    }

    private static func severity(of facts: ReputationFacts, _ settings: VerdictSettings) -> Judgement.Severity {
        if facts.stats.malicious > settings.highAbove { return .high }
        return facts.stats.malicious > settings.mediumAbove ? .medium : .low
    }

    private static func reasonNotToBlock(
        _ facts: ReputationFacts, _ verdict: Verdict, _ settings: VerdictSettings, allowlisted: Bool, fresh: Bool
    ) -> VerdictStep.NoBlock? {
        if verdict != .malicious { return .notMalicious }
        if facts.stats.malicious <= settings.blockAbove {
            return .fewEngines(malicious: facts.stats.malicious, above: settings.blockAbove)
        }
        if !fresh { return .staleEntry }
        return allowlisted ? .allowlisted : nil
    }
}

extension ReputationFacts {
    /// Engines that have anything against the address, by `last_analysis_stats`.
    var hits: Int { stats.malicious + stats.suspicious }
}
