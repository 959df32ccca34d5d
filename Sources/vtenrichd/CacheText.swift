import Foundation
import VTEnrich
import VTEnrichCore

/// Cached verdicts for people and for programs.
struct CacheText {
    let settings: Configuration
    let now: Double

    init(settings: Configuration, now: Double) {
        self.settings = settings
        self.now = now
    }

    /// One entry as `--json` gives it; what is not known is left out.
    private struct Entry: Encodable {
        var ip: String
        var verdict: String
        var found: Int
        var malicious: Int?
        var suspicious: Int?
        var reputation: Int?
        var country: String?
        var asOwner: String?
        var fetchedAt: String
        var expiresAt: String
        var ageSeconds: Int
        var stale: Bool
    }

    func json(_ address: String, _ entry: CachedVerdict) -> String {
        var value = Entry(
            ip: address, verdict: verdict(of: entry), found: 0, fetchedAt: Timestamp.text(entry.fetchedAt),
            expiresAt: Timestamp.text(entry.expiresAt), ageSeconds: age(entry), stale: !entry.isFresh(at: now))
        if case .found(let facts) = entry.reputation {
            value.found = 1
            value.malicious = facts.stats.malicious
            value.suspicious = facts.stats.suspicious
            value.reputation = facts.reputation
            value.country = facts.country
            value.asOwner = facts.owner
        }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { terminalSafe(json: String(decoding: $0, as: UTF8.self)) } ?? "{}"
    }

    /// - Parameter seconds: only what was fetched longer ago.
    func isWanted(_ entry: CachedVerdict, _ wanted: String?, olderThan seconds: Double) -> Bool {
        (wanted == nil || verdict(of: entry) == wanted) && now - entry.fetchedAt >= seconds
    }

    static let csvHeading =
        "ip,verdict,malicious,suspicious,engines,reputation,country,as_owner,asn,network,tags,last_analysis,fetched_at,"
        + "expires_at"

    /// A row for a spreadsheet: RFC 4180, but for the line end.
    func csv(_ address: String, _ entry: CachedVerdict) -> String {
        var facts: ReputationFacts?
        if case .found(let found) = entry.reputation { facts = found }
        let numbers = [facts?.stats.malicious, facts?.stats.suspicious, facts?.stats.total, facts?.reputation]
        let texts = [facts?.country, facts?.owner, facts?.asn, facts?.network, facts?.tags.joined(separator: " ")]
        let times = [facts?.lastAnalysisDate.map { Double($0) }, entry.fetchedAt, entry.expiresAt]
        return
            ([address, verdict(of: entry)] + numbers.map { $0.map(String.init) ?? "" }
            + texts.map { Self.csvField($0 ?? "") } + times.map { $0.map(Timestamp.text) ?? "" }).joined(separator: ",")
    }

    /// Outside text: nothing that a spreadsheet runs, nothing that a terminal obeys.
    private static func csvField(_ text: String) -> String {
        var field = printable(text)
        if let first = field.first, "=+-@".contains(first) { field = "'" + field }
        guard field.contains(where: { ",\"'".contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// `1.2.3.4  malicious  23/94  CN  "OWNER"  812 s old`.
    func line(_ address: String, _ entry: CachedVerdict) -> String {
        var parts = [padded(address, 39), padded(verdict(of: entry), 10)]
        if case .found(let facts) = entry.reputation {
            parts.append(padded("\(facts.stats.malicious)/\(facts.stats.total)", 7))
            parts.append(padded(facts.country.map(printable) ?? "-", 2))
            parts.append("\"\(facts.owner.map(printable) ?? "-")\"")
        }
        parts.append("\(span(Double(age(entry)))) old" + (entry.isFresh(at: now) ? "" : ", expired"))
        return parts.joined(separator: " ")
    }

    func account(_ address: IPAddress, _ entry: CachedVerdict) -> String {
        var lines = ["\(address): \(verdict(of: entry))"]
        if case .found(let facts) = entry.reputation {
            lines.append(
                "  engines    \(facts.stats.malicious) malicious, \(facts.stats.suspicious) suspicious of \(facts.stats.total)"
            )
            lines.append(
                "  reputation \(facts.reputation), tags \(facts.tags.isEmpty ? "-" : facts.tags.map(printable).joined(separator: ", "))"
            )
            lines.append(
                "  network    \(facts.network.map(printable) ?? "-") of \(facts.owner.map(printable) ?? "-"), \(facts.country.map(printable) ?? "-")"
            )
            lines.append("  analysed   \(facts.lastAnalysisDate.map { Timestamp.text(Double($0)) } ?? "unknown when")")
        }
        lines.append("  fetched    \(Timestamp.text(entry.fetchedAt)), good until \(Timestamp.text(entry.expiresAt))")
        return lines.joined(separator: "\n")
    }

    static func text(_ stats: CacheStats) -> String {
        (["\(stats.entries) addresses, \(stats.expired) expired"]
            + stats.byVerdict.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }).joined(separator: "\n")
    }

    static func json(_ stats: CacheStats) throws -> String {
        struct Output: Encodable {
            var entries: Int
            var expired: Int
            var by_verdict: [String: Int]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let output = Output(entries: stats.entries, expired: stats.expired, by_verdict: stats.byVerdict)
        return String(decoding: try encoder.encode(output), as: UTF8.self)
    }

    /// By the settings of now, as an event would say.
    private func verdict(of entry: CachedVerdict) -> String {
        guard case .found(let facts) = entry.reputation else { return entry.entryClass }
        return VerdictFlow.judge(facts, pivot: entry.pivot, now: now, settings: settings.verdict).verdict.rawValue
    }

    private func age(_ entry: CachedVerdict) -> Int { max(0, Int(now - entry.fetchedAt)) }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
