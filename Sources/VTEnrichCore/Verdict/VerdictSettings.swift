/// The thresholds of the reference integration's decision flow and of the article's severity and block mark
/// (`verdict`, `severity`, `block` of the configuration).
package struct VerdictSettings: Sendable, Equatable {
    /// This many malicious engines or more: malicious.
    package var maliciousMin: Int
    /// With at least one malicious engine, a reputation below this: malicious.
    package var reputationBadBelow: Int
    /// A weighted score (malicious 1, suspicious 0.5) of at least this: malicious.
    package var scoreMaliciousMin: Double
    /// A weighted score of at least this raises unknown to suspicious.
    package var scoreSuspiciousMin: Double
    /// A weak hit older than this many days (strictly) is unknown.
    package var staleDays: Double
    /// With any hit, one of these keeps the verdict at suspicious or above.
    package var riskTags: Set<String>
    /// More malicious engines than this: severity high (3).
    package var highAbove: Int
    /// More than this: medium (2), else low (1).
    package var mediumAbove: Int
    /// More than this on a malicious verdict: `block` is yes.
    package var blockAbove: Int
    /// Raises by AbuseIPDB's score.
    package var abuse = AbuseSettings()

    package init(
        maliciousMin: Int = 3, reputationBadBelow: Int = 0, scoreMaliciousMin: Double = 3.0,
        scoreSuspiciousMin: Double = 1.5, staleDays: Double = 90,
        riskTags: Set<String> = ["tor", "vpn", "proxy", "anonymizer", "anonymous"],
        highAbove: Int = 20, mediumAbove: Int = 5, blockAbove: Int = 15
    ) {
        self.maliciousMin = maliciousMin
        self.reputationBadBelow = reputationBadBelow
        self.scoreMaliciousMin = scoreMaliciousMin
        self.scoreSuspiciousMin = scoreSuspiciousMin
        self.staleDays = staleDays
        self.riskTags = riskTags
        self.highAbove = highAbove
        self.mediumAbove = mediumAbove
        self.blockAbove = blockAbove
    }
}

package enum Verdict: String, Sendable, Codable, CaseIterable {
    case unknown, suspicious, malicious
}
