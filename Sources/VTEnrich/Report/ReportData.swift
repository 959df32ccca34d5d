package import VTEnrichCore

/// What a report tells, as read from the state.
package struct ReportData: Sendable, Equatable {
    /// Wall clock; `from` is the start of a day (UTC).
    package var from: Double
    package var to: Double
    /// Alerts by hour since 1970 and by `accepted`, a verdict or `unenriched`.
    package var hours: [Int: [String: Int]] = [:]
    /// Alerts with a verdict, by `WaitingTime.bucket`.
    package var waits: [Int: Int] = [:]
    package var names: [Subject: Ranking] = [:]
    /// What the cache knows of the addresses among `names`.
    package var verdicts: [String: CachedVerdict] = [:]
    package var days: [QuotaDay] = []
    /// Alerts that wait at the moment.
    package var pending = 0

    package init(from: Double, to: Double) {
        self.from = from
        self.to = to
    }

    /// Requests of a date (UTC).
    package struct QuotaDay: Sendable, Equatable {
        package var date: String
        package var ours: Int
        /// By others with the same key, as far as VirusTotal told.
        package var others: Int

        package init(date: String, ours: Int, others: Int) {
            self.date = date
            self.ours = ours
            self.others = others
        }
    }

    /// The most frequent names of a subject.
    package struct Ranking: Sendable, Equatable {
        package var rows: [Row] = []
        /// All alerts that have such a name.
        package var alerts = 0
        /// Different names that are kept.
        package var kept = 0
        /// How many alerts a name that is not kept may have; 0: all are kept, and all numbers are exact.
        package var floor = 0

        package init() {}

        package struct Row: Sendable, Equatable {
            package var name: String
            package var label: String?
            package var malicious: Int
            package var atLeast: Int
            package var atMost: Int

            package init(name: String, label: String? = nil, malicious: Int, atLeast: Int, atMost: Int) {
                self.name = name
                self.label = label
                self.malicious = malicious
                self.atLeast = atLeast
                self.atMost = atMost
            }
        }
    }

    /// Alerts of the period: `accepted`, a verdict or `unenriched`.
    package func sum(_ what: String) -> Int { hours.values.reduce(0) { $0 + ($1[what] ?? 0) } }

    /// The verdicts of events, worst first, and `unenriched`.
    package static let outcomes = ["malicious", "suspicious", "unknown", "unenriched"]
}
