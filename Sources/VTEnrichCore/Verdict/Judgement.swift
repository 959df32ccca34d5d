/// The outcome of the decision flow for one address at one moment, with the settings of that moment, and how it came about.
package struct Judgement: Sendable, Equatable {
    /// The article's grade of a case: by malicious engines alone, whatever the verdict.
    package enum Severity: Int, Sendable {
        case low = 1
        case medium
        case high

        package var label: String {
            switch self {
            case .low: "low"
            case .medium: "medium"
            case .high: "high"
            }
        }
    }

    package var verdict: Verdict
    /// Engines of `last_analysis_results`: a malicious one counts 1, a suspicious one 0.5.
    package var weighted: Double
    /// Days since the last analysis, unrounded; negative when it lies ahead of our clock; nil when there is no date.
    package var ageDays: Double?
    package var severity: Severity
    /// Whether an active response may act on this event.
    package var block: Bool
    /// Whether communicating files could change the verdict: what the pivot is worth asking for (contract §3).
    package var isBorderline: Bool
    /// The files that were taken into account; nil when there were none or the verdict was not borderline.
    package var pivot: PivotFacts?
    /// One for each rule, in the order of the flow.
    package var steps: [VerdictStep]
}

/// What one rule of the flow found. The text is made on demand: events are built without it.
package enum VerdictStep: Sendable, Equatable {
    case manyMalicious(engines: Int, min: Int)
    case badReputation(engines: Int, reputation: Int, below: Int)
    case staleHit(ageDays: Double, limit: Double)
    case hit(malicious: Int, suspicious: Int)
    case noHit
    case scoreNotAsked(Double)
    case scoreMalicious(Double, min: Double)
    case scoreSuspicious(Double, min: Double)
    case scoreChangesNothing(Double)
    case riskTag(String)
    case riskTagChangesNothing(String)
    case riskTagWithoutHit(String)
    case noRiskTag
    case pivotNotAsked
    case pivotUnknown
    case pivotRaises(strong: Int, files: Int, to: Verdict)
    case pivotChangesNothing(strong: Int, files: Int)
    case abuseRaises(score: Int, to: Verdict)
    case abuseChangesNothing(score: Int)
    case severity(Judgement.Severity, malicious: Int)
    case block
    case noBlock(NoBlock)

    /// The first condition of the block mark that fails.
    package enum NoBlock: Sendable, Equatable {
        case notMalicious
        case fewEngines(malicious: Int, above: Int)
        case staleEntry
        case allowlisted
    }
}

extension VerdictStep {
    /// The rule's name, for the left column of an account.
    package var rule: String {
        switch self {
        case .manyMalicious, .badReputation, .staleHit, .hit, .noHit: "engines"
        case .scoreNotAsked, .scoreMalicious, .scoreSuspicious, .scoreChangesNothing: "score"
        case .riskTag, .riskTagChangesNothing, .riskTagWithoutHit, .noRiskTag: "risk tags"
        case .pivotNotAsked, .pivotUnknown, .pivotRaises, .pivotChangesNothing: "pivot"
        case .abuseRaises, .abuseChangesNothing: "abuseipdb"
        case .severity: "severity"
        case .block, .noBlock: "block"
        }
    }
}

extension VerdictStep: CustomStringConvertible {
    package var description: String {
        switch self {
        case .manyMalicious(let engines, let min):
            "\(engines) malicious, at least \(min): malicious"
        case .badReputation(let engines, let reputation, let below):
            "\(engines) malicious and reputation \(reputation), below \(below): malicious"
        case .staleHit(let age, let limit):
            "a weak hit, \(age) days old, more than \(limit): unknown"
        case .hit(let malicious, let suspicious):
            "\(malicious) malicious, \(suspicious) suspicious: suspicious"
        case .noHit: "no engine has anything against it: unknown"
        case .scoreNotAsked(let score): "\(score), not asked: already malicious"
        case .scoreMalicious(let score, let min): "\(score), at least \(min): malicious"
        case .scoreSuspicious(let score, let min): "\(score), at least \(min): unknown becomes suspicious"
        case .scoreChangesNothing(let score): "\(score): changes nothing"
        case .riskTag(let tag): "\(tag), and there is a hit: unknown becomes suspicious"
        case .riskTagChangesNothing(let tag): "\(tag): changes nothing, already above unknown"
        case .riskTagWithoutHit(let tag): "\(tag): changes nothing without a hit"
        case .noRiskTag: "none"
        case .pivotNotAsked: "not asked: only a verdict below malicious with at most one hit is borderline"
        case .pivotUnknown: "borderline, but no communicating files are known"
        case .pivotRaises(let strong, let files, let verdict):
            "\(strong) of \(files) communicating files have 5 engines or more: raised to \(verdict)"
        case .pivotChangesNothing(let strong, let files):
            "\(strong) of \(files) communicating files have 5 engines or more: changes nothing"
        case .abuseRaises(let score, let verdict): "score \(score): raised to \(verdict)"
        case .abuseChangesNothing(let score): "score \(score): changes nothing"
        case .severity(let severity, let malicious): "\(severity.label), by malicious engines: \(malicious)"
        case .block: "yes"
        case .noBlock(let why): "no: \(why)"
        }
    }
}

extension VerdictStep.NoBlock: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notMalicious: "the verdict is not malicious"
        case .fewEngines(let malicious, let above): "\(malicious) malicious engines are not more than \(above)"
        case .staleEntry: "the cached answer is past its time"
        case .allowlisted: "the address is on the allowlist"
        }
    }
}
