/// What AbuseIPDB says of an address (`outputs.md` §4), beside VirusTotal's facts in the same entry of the cache.
package struct AbuseFacts: Sendable, Equatable, Codable {
    /// 0...100: AbuseIPDB's confidence that the address is abusive.
    package var score: Int
    package var reports: Int
    /// As it came, ISO 8601.
    package var lastReported: String?
    /// `Data Center/Web Hosting/Transit` and the like.
    package var usage: String?
    package var tor: Bool
    /// Seconds since 1970: not used from then on.
    package var until: Int

    package init(
        score: Int, reports: Int, lastReported: String? = nil, usage: String? = nil, tor: Bool = false, until: Int
    ) {
        self.score = score
        self.reports = reports
        self.lastReported = lastReported
        self.usage = usage
        self.tor = tor
        self.until = until
    }

    /// The body of a 200 of `check` about `asked`; nil for what is no such answer. Everything but address and score may be null.
    package static func read(_ body: [UInt8], asked: IPAddress, until: Int) -> AbuseFacts? {
        guard let data = JSONValue(parsing: body)?["data"],
            let address = data["ipAddress"]?.text.flatMap({ IPAddress($0) }), address.unwrapped == asked.unwrapped,
            let score = data["abuseConfidenceScore"]?.whole, (0...100).contains(score)
        else { return nil }
        return AbuseFacts(
            score: score, reports: min(max(data["totalReports"]?.whole ?? 0, 0), 1_000_000_000),
            lastReported: data["lastReportedAt"]?.text.map { SafeText.line($0, limit: 64) },
            usage: data["usageType"]?.text.map { SafeText.line($0, limit: 128) }, tor: data["isTor"] == .bool(true),
            until: until)
    }
}

/// From which score of AbuseIPDB on a verdict is raised, one step at most (`verdict.abuseipdb`). nil: never.
package struct AbuseSettings: Sendable, Equatable {
    /// Unknown becomes suspicious.
    package var suspiciousMin: Int?
    /// Suspicious becomes malicious.
    package var maliciousMin: Int?

    package init(suspiciousMin: Int? = nil, maliciousMin: Int? = nil) {
        self.suspiciousMin = suspiciousMin
        self.maliciousMin = maliciousMin
    }

    func raise(_ abuse: AbuseFacts, _ verdict: inout Verdict) -> VerdictStep {
        switch verdict {
        case .unknown where suspiciousMin.map { abuse.score >= $0 } ?? false: verdict = .suspicious
        case .suspicious where maliciousMin.map { abuse.score >= $0 } ?? false: verdict = .malicious
        default: return .abuseChangesNothing(score: abuse.score)
        }
        return .abuseRaises(score: abuse.score, to: verdict)
    }
}
