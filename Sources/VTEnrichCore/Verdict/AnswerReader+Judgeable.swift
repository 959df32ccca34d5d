extension AnswerReader {
    private static let maxTextBytes = 256
    private static let maxTags = 64
    private static let maxTagBytes = 64

    /// Any JSON as the reference integration reads it: without a `data` key there is no record; whatever else is missing,
    /// null or of another type counts as nothing. Texts are bounded, numbers stay far from overflow.
    package static func judgeable(_ answer: JSONValue) -> Reputation {
        guard let data = answer["data"] else { return .notFound }
        let attributes = data["attributes"] ?? .null
        let engines = countEngines(attributes["last_analysis_results"])
        return .found(
            ReputationFacts(
                stats: stats(attributes["last_analysis_stats"]),
                enginesMalicious: engines.malicious,
                enginesSuspicious: engines.suspicious,
                reputation: attributes["reputation"]?.lenientInteger ?? 0,
                tags: tags(attributes["tags"]),
                lastAnalysisDate: date(attributes["last_analysis_date"]),
                country: text(attributes["country"]),
                owner: text(attributes["as_owner"]),
                asn: text(attributes["asn"]),
                network: text(attributes["network"])))
    }

    private static func stats(_ value: JSONValue?) -> ReputationFacts.Stats {
        guard case .object(let numbers)? = value else { return ReputationFacts.Stats() }
        func count(_ name: String) -> Int { numbers[name]?.lenientInteger ?? 0 }
        return ReputationFacts.Stats(
            malicious: count("malicious"), suspicious: count("suspicious"), harmless: count("harmless"),
            undetected: count("undetected"),
            total: numbers.values.reduce(0) { JSONValue.bounded($0 + $1.lenientInteger) })
    }

    /// An entry that is no object has no category.
    private static func countEngines(_ value: JSONValue?) -> (malicious: Int, suspicious: Int) {
        guard case .object(let engines)? = value else { return (0, 0) }
        var counts = (malicious: 0, suspicious: 0)
        for engine in engines.values {
            switch engine["category"]?.text {
            case "malicious": counts.malicious += 1
            case "suspicious": counts.suspicious += 1
            default: break
            }
        }
        return counts
    }

    private static func tags(_ value: JSONValue?) -> [String] {
        guard case .array(let tags)? = value else { return [] }
        return tags.lazy.compactMap(\.text).prefix(maxTags).map { $0.prefix(bytes: maxTagBytes) }
    }

    /// 0 is no date (contract §3), nor is one that no calendar writes with four digits.
    private static func date(_ value: JSONValue?) -> Int? {
        guard let seconds = value?.lenientInteger, seconds != 0, RFC3339.range.contains(seconds) else { return nil }
        return seconds
    }

    /// Texts, and numbers as text: `asn` is a number.
    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .text(let text): text.prefix(bytes: maxTextBytes)
        case .integer(let number): String(number)
        default: nil
        }
    }
}

extension JSONValue {
    /// Sums and products of a few of these stay within an Int, and a Double holds each exactly.
    private static let bound = 1_000_000_000_000

    static func bounded(_ number: Int) -> Int { Swift.min(Swift.max(number, -bound), bound) }

    /// A number as `int(value or 0)` of the reference gives it: fractions cut off, numeric text read, true is 1; 0 where
    /// that fails. Bounded.
    var lenientInteger: Int {
        switch self {
        case .integer(let number): Self.bounded(number)
        case .decimal(let number): Self.bounded(number)
        case .text(let text): Int(text.trimmed).map(Self.bounded) ?? 0
        case .bool(let flag): flag ? 1 : 0
        case .null, .array, .object: 0
        }
    }

    /// A whole number, also written as one in text (VirusTotal has been seen to do that); nil for anything else.
    var exactInteger: Int? {
        switch self {
        case .integer(let number): Self.bounded(number)
        case .decimal(let number): number.rounded() == number ? Self.bounded(number) : nil
        case .text(let text): Int(text.trimmed).map(Self.bounded)
        case .bool, .null, .array, .object: nil
        }
    }

    private static func bounded(_ number: Double) -> Int {
        number.isNaN ? 0 : Int(Swift.min(Swift.max(number, -Double(bound)), Double(bound)))
    }
}
