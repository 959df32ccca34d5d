extension Explanation: CustomStringConvertible {
    /// For a terminal: the outcome, the facts, the rules in their order, the notes.
    package var description: String {
        switch outcome {
        case .judged(let facts, let judgement):
            let rules = judgement.steps.map { Self.line($0.rule, $0.description) }
            return lines(judgement.verdict.rawValue, Self.lines(facts, judgement) + rules)
        case .noRecord: return lines("unknown", ["  VirusTotal has no record of it"])
        case .unenriched(let reason, let status, let description):
            let cause = status == 0 ? description : "\(description) (HTTP status \(status))"
            return lines("not enriched", [Self.line("reason", reason.rawValue), Self.line("cause", cause)])
        }
    }

    private func lines(_ outcome: String, _ body: [String]) -> String {
        let lines = ["\(source.address): \(outcome)"] + body + notes.map { "note: \($0)" }
        return lines.joined(separator: "\n")
    }

    private static func lines(_ facts: ReputationFacts, _ judgement: Judgement) -> [String] {
        let known = [facts.owner, facts.asn.map { "AS\($0)" }, facts.network, facts.country].compactMap { $0 }
        return [
            line(
                "analysis",
                "\(facts.stats.malicious) malicious and \(facts.stats.suspicious) suspicious of \(facts.stats.total)"
                    + (judgement.ageDays.map { ", \($0.tenths) days ago" } ?? ", without a date")),
            line("reputation", String(facts.reputation)),
            line("tags", facts.tags.isEmpty ? "none" : facts.tags.joined(separator: ", ")),
            line("network", known.isEmpty ? "not known" : known.joined(separator: ", ")),
            "  rules, in their order:",
        ]
    }

    private static func line(_ name: String, _ text: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + text.withoutControls
    }
}
