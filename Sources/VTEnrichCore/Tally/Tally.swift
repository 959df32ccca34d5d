/// What alerts are counted by, for the report; the raw value is the `kind` of the state's tables.
package enum Subject: String, Sendable, CaseIterable {
    case address, owner, country, rule, agent

    /// Outside text is kept up to here, cut on a character.
    package static let maxNameBytes = 100
}

/// Answered alerts, counted: what one transaction adds to the figures of the report.
package struct Tally: Sendable, Equatable {
    package struct Name: Sendable, Equatable {
        package var label: String?
        package var alerts = 0
        package var malicious = 0
    }

    /// By the verdict that the event tells, or `unenriched`.
    package private(set) var outcomes: [String: Int] = [:]
    /// Alerts with a verdict, by `WaitingTime.bucket`.
    package private(set) var waits: [Int: Int] = [:]
    package private(set) var names: [Subject: [String: Name]] = [:]

    package init() {}

    package var isEmpty: Bool { outcomes.isEmpty }

    /// - Parameters:
    ///   - outcome: `malicious`, `suspicious`, `unknown` or `unenriched`.
    ///   - waited: seconds from acceptance.
    ///   - facts: nil where VirusTotal told none.
    package mutating func add(_ source: EventSource, outcome: String, waited: Double, facts: ReputationFacts?) {
        outcomes[outcome, default: 0] += 1
        if outcome != "unenriched" { waits[WaitingTime.bucket(waited), default: 0] += 1 }
        let malicious = outcome == "malicious" ? 1 : 0
        count(.address, source.address.description, nil, malicious)
        count(.owner, facts?.owner, nil, malicious)
        count(.country, facts?.country, nil, malicious)
        count(.rule, source.ruleID, source.ruleDescription, malicious)
        count(.agent, source.agent?.id, source.agent?.name, malicious)
    }

    private mutating func count(_ subject: Subject, _ name: String?, _ label: String?, _ malicious: Int) {
        guard let name, !name.isEmpty else { return }
        let key = name.utf8.count > Subject.maxNameBytes ? name.prefix(bytes: Subject.maxNameBytes) : name
        names[subject, default: [:]][key, default: Name(label: label?.prefix(bytes: Subject.maxNameBytes))].alerts += 1
        if malicious > 0 { names[subject]?[key]?.malicious += malicious }
    }
}

/// How long alerts waited for their verdict, in a few steps.
package enum WaitingTime {
    /// Seconds and their name; what waited longer than the last is one step more.
    package static let limits: [(seconds: Double, name: String)] = [
        (1, "1 s"), (10, "10 s"), (60, "1 min"), (300, "5 min"), (900, "15 min"), (3_600, "1 h"), (10_800, "3 h"),
        (21_600, "6 h"),
    ]

    /// 0...limits.count.
    package static func bucket(_ seconds: Double) -> Int {
        limits.firstIndex { seconds <= $0.seconds } ?? limits.count
    }
}
