/// What VirusTotal knows of an address. The cache stores this; verdict, age and severity are judged when an event is
/// made, with the settings of that moment.
package enum Reputation: Sendable, Equatable, Codable {
    case found(ReputationFacts)
    /// VirusTotal has no record (a JSON 404, or an empty analysis).
    case notFound
    /// VirusTotal refuses the address (400): our own filter let something through.
    case invalid
}

/// The facts of one answer of `GET /ip_addresses/{ip}` that a verdict or an event needs (`virustotal.md` §1.2).
package struct ReputationFacts: Sendable, Equatable, Codable {
    /// `last_analysis_stats`: how many engines say what.
    package struct Stats: Sendable, Equatable, Codable {
        package var malicious = 0
        package var suspicious = 0
        package var harmless = 0
        package var undetected = 0
        /// The sum of every number in `last_analysis_stats`, `timeout` and unknown ones included.
        package var total = 0

        package init(malicious: Int = 0, suspicious: Int = 0, harmless: Int = 0, undetected: Int = 0, total: Int = 0) {
            self.malicious = malicious
            self.suspicious = suspicious
            self.harmless = harmless
            self.undetected = undetected
            self.total = total
        }
    }

    package var stats: Stats
    /// Engines of `last_analysis_results` by category; need not agree with `stats` (`virustotal.md` §1.3).
    package var enginesMalicious: Int
    package var enginesSuspicious: Int
    package var reputation: Int
    package var tags: [String]
    /// UTC seconds since 1970; nil when absent, null or 0: the age is then unknown.
    package var lastAnalysisDate: Int?
    package var country: String?
    package var owner: String?
    package var asn: String?
    package var network: String?
    /// What a second source said of the address, where one was asked.
    package var abuse: AbuseFacts?

    package init(
        stats: Stats = Stats(), enginesMalicious: Int = 0, enginesSuspicious: Int = 0, reputation: Int = 0,
        tags: [String] = [], lastAnalysisDate: Int? = nil, country: String? = nil, owner: String? = nil,
        asn: String? = nil, network: String? = nil
    ) {
        self.stats = stats
        self.enginesMalicious = enginesMalicious
        self.enginesSuspicious = enginesSuspicious
        self.reputation = reputation
        self.tags = tags
        self.lastAnalysisDate = lastAnalysisDate
        self.country = country
        self.owner = owner
        self.asn = asn
        self.network = network
    }
}

/// What the communicating-files request gave (contract §3, Pivot): files of the first ten, and those with 5 engines or more.
package struct PivotFacts: Sendable, Equatable, Codable {
    package var totalFiles: Int
    package var strongFiles: Int

    package init(totalFiles: Int, strongFiles: Int) {
        self.totalFiles = totalFiles
        self.strongFiles = strongFiles
    }
}
