/// `verdict_line`: the event in one line, for rules that match text. An absent value is `-`.
enum VerdictLine {
    private static let maxTags = 5
    private static let maxTagBytes = 64
    private static let maxOwnerBytes = 256

    /// Writes the line as a JSON string.
    static func write(
        _ facts: ReputationFacts, _ judgement: Judgement, address: String, to json: inout JSONWriter
    ) {
        json.raw("\"vt_ip verdict=")
        json.raw(judgement.verdict.rawValue)
        json.raw(" ip=")
        json.raw(address)
        json.raw(" mal=")
        json.integer(facts.stats.malicious)
        json.raw(" sus=")
        json.integer(facts.stats.suspicious)
        json.raw(" wmal=")
        json.decimal(judgement.weighted)
        json.raw(" rep=")
        json.integer(facts.reputation)
        json.raw(" age_days=")
        if let age = judgement.ageDays { json.decimal(age) } else { json.raw("-") }
        json.raw(" tags=")
        if facts.tags.isEmpty { json.raw("-") }
        for (index, tag) in facts.tags.prefix(maxTags).enumerated() {
            if index > 0 { json.raw(",") }
            json.lineText(tag, limit: maxTagBytes)
        }
        json.raw(" as_owner=\\\"")
        json.lineText(facts.owner ?? "-", limit: maxOwnerBytes)
        json.raw("\\\"\"")
    }
}

extension JSONWriter {
    /// Text of others inside the line's string: `"` would end the owner for whoever reads the line, so it becomes `'`;
    /// control characters become spaces.
    fileprivate mutating func lineText(_ text: String, limit: Int) {
        var previous: UInt8 = 0
        for byte in text.prefix(bytes: limit).utf8 {
            switch byte {
            case UInt8(ascii: "\""): append(UInt8(ascii: "'"))
            case UInt8(ascii: "\\"): raw(#"\\"#)
            case 0..<0x20, 0x7F: append(UInt8(ascii: " "))
            // U+0080 to U+009F: their first byte is written already.
            case 0x80...0x9F where previous == 0xC2: replaceLast(with: UInt8(ascii: " "))
            default: append(byte)
            }
            previous = byte
        }
    }
}
