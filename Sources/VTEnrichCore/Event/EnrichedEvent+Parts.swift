extension EnrichedEvent {
    /// Bytes of text. With every byte escaped to six these still leave room below `maxBytes`.
    enum Limit {
        static let owner = 256
        static let tag = 64
        /// Of output, for all tags together.
        static let tags = 6_144
        static let network = 64
        static let country = 32
        static let alertID = 128
        static let timestamp = 64
        static let ruleID = 32
        static let eventID = 64
        static let description = 512
    }

    private static let truncatedMark = ",\"truncated\":\"yes\""

    /// The frame: `srcip` first, our object, the log last. `body` says whether it wrote all it had.
    static func event(
        _ source: EventSource?, _ address: String?, body: (inout JSONWriter) -> Bool
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 1_536 + (source?.fullLog?.utf8.count ?? 0))
        json.beginObject()
        json.member("integration", "virustotal_ip")
        if let address { json.member("srcip", address) }
        json.beginObject("virustotal_ip")
        var isComplete = body(&json) && source?.logWasCut != true
        let endOfBody = json.bytes.count
        json.endObject()
        if let log = source?.fullLog {
            json.key("original_full_log")
            // What may still follow: the mark, the space of `guardArray`, the closing bracket.
            let room = maxBytes - json.bytes.count - truncatedMark.utf8.count - 2
            if !json.text(log, room: room) { isComplete = false }
        }
        json.endObject()
        if !isComplete { json.insert(truncatedMark, at: endOfBody) }
        return json.bytes
    }

    static func write(_ source: EventSource, _ address: String, to json: inout JSONWriter) {
        json.beginObject("source")
        if !source.alertID.isEmpty { json.text("alert_id", source.alertID, limit: Limit.alertID) }
        if !source.ruleID.isEmpty { json.text("rule", source.ruleID, limit: Limit.ruleID) }
        json.member("ip", address)
        if let level = source.level { json.member("level", level) }
        if !source.timestamp.isEmpty { json.text("timestamp", source.timestamp, limit: Limit.timestamp) }
        json.endObject()
    }

    static func writeID(_ id: String, to json: inout JSONWriter) {
        if !id.isEmpty { json.text("id", id, limit: Limit.eventID) }
    }

    static func writeCounts(_ facts: ReputationFacts, _ judgement: Judgement, to json: inout JSONWriter) {
        json.beginObject("counts")
        json.member("malicious", facts.stats.malicious)
        json.member("suspicious", facts.stats.suspicious)
        json.member("harmless", facts.stats.harmless)
        json.member("undetected", facts.stats.undetected)
        json.endObject()
        json.beginObject("engine_counts")
        json.member("malicious", facts.enginesMalicious)
        json.member("suspicious", facts.enginesSuspicious)
        json.endObject()
        json.member("weighted_malicious", decimal: judgement.weighted)
        json.member("reputation", facts.reputation)
    }

    /// - Returns: whether there was room for all.
    static func writeTags(_ tags: [String], to json: inout JSONWriter) -> Bool {
        json.key("tags")
        json.raw("[")
        let end = json.bytes.count + Limit.tags
        for tag in tags {
            // One more tag, its quotes and its comma, with every byte escaped.
            guard json.bytes.count + 6 * Limit.tag + 3 <= end else {
                json.raw("]")
                return false
            }
            json.separate(after: UInt8(ascii: "["))
            json.string(tag, limit: Limit.tag)
        }
        json.raw("]")
        return true
    }

    static func writeAnalysis(
        _ facts: ReputationFacts, _ judgement: Judgement, _ address: String, to json: inout JSONWriter
    ) {
        if let age = judgement.ageDays { json.member("age_days", decimal: age) }
        if let date = facts.lastAnalysisDate { json.member("last_analysis_date", RFC3339.text(date)) }
        if let country = facts.country { json.text("country", country, limit: Limit.country) }
        if let owner = facts.owner { json.text("as_owner", owner, limit: Limit.owner) }
        if let asn = facts.asn { json.text("asn", asn, limit: Limit.network) }
        if let network = facts.network { json.text("network", network, limit: Limit.network) }
        json.member("permalink", "https://www.virustotal.com/gui/ip-address/" + address)
        json.beginObject("pivot")
        json.member("used", judgement.pivot != nil)
        if let pivot = judgement.pivot {
            json.member("total_files", pivot.totalFiles)
            json.member("strong_mal_files", pivot.strongFiles)
        }
        json.endObject()
    }

    static func writeAbuse(_ abuse: AbuseFacts, to json: inout JSONWriter) {
        json.beginObject("abuseipdb")
        json.member("score", abuse.score)
        json.member("reports", abuse.reports)
        if let date = abuse.lastReported { json.text("last_reported", date, limit: 64) }
        if let usage = abuse.usage { json.text("usage", usage, limit: 128) }
        json.member("tor", abuse.tor ? "yes" : "no")
        json.endObject()
    }

    static func writeOutcome(_ facts: ReputationFacts, _ judgement: Judgement, to json: inout JSONWriter) {
        json.member("detections", "\(facts.stats.malicious)/\(facts.stats.total)")
        json.member("severity", judgement.severity.rawValue)
        json.member("severity_label", judgement.severity.label)
        json.member("block", judgement.block ? "yes" : "no")
    }
}

extension JSONWriter {
    /// A member with text of others.
    mutating func text(_ key: StaticString, _ value: String, limit: Int) {
        self.key(key)
        let start = bytes.count
        string(value, limit: limit)
        guardArray(at: start)
    }

    /// The value of the log. Writes at most `room` bytes, and one more for the guard.
    fileprivate mutating func text(_ value: String, room: Int) -> Bool {
        let start = bytes.count
        let isComplete = string(value, room: room)
        guardArray(at: start)
        return isComplete
    }

    /// analysisd takes a text in square brackets for an array, and older ones lose the field when it is none
    /// (`wazuh.md` §5): a space before the bracket keeps it a text.
    private mutating func guardArray(at start: Int) {
        guard bytes[start + 1] == UInt8(ascii: "["), bytes[bytes.count - 2] == UInt8(ascii: "]") else { return }
        insert(" ", at: start + 1)
    }
}
