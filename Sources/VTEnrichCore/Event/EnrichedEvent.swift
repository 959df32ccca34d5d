/// The event that tells Wazuh what is known of an alert's address: the JSON of contract §3, key by key.
///
/// At most `maxBytes`: every text but the log is bounded where it is written, and the log gets the room that is left.
package enum EnrichedEvent {
    /// Active response embeds the whole alert in a buffer of 64 KiB (`wazuh.md` §0).
    package static let maxBytes = 16_384

    static let invalidAddress = "VirusTotal refuses this address as invalid"

    /// Where the facts come from, as the event tells it.
    package struct CacheMark: Sendable, Equatable {
        /// Whether they were in the cache when the event was made, or had to be looked up for it.
        package var isHit: Bool
        /// Past its TTL, served because nothing newer could be had.
        package var isStale: Bool
        /// Since they were fetched.
        package var ageSeconds: Int

        package init(isHit: Bool, isStale: Bool = false, ageSeconds: Int = 0) {
            self.isHit = isHit
            self.isStale = isStale
            self.ageSeconds = ageSeconds
        }
    }

    /// The event for whatever the cache holds, judged at `now` (seconds since 1970).
    package static func make(
        _ source: EventSource, _ reputation: Reputation, pivot: PivotFacts?, cache: CacheMark, now: Double,
        settings: VerdictSettings, allowlisted: Bool = false
    ) -> [UInt8] {
        switch reputation {
        case .found(let facts):
            let judgement = VerdictFlow.judge(
                facts, pivot: pivot, now: now, settings: settings, allowlisted: allowlisted, fresh: !cache.isStale)
            return found(source, facts, judgement, cache: cache)
        case .notFound: return noRecord(source)
        case .invalid:
            return unenriched(
                source, reason: .invalidAddress, status: 400, description: invalidAddress)
        }
    }

    /// `found` 1: facts and verdict.
    package static func found(
        _ source: EventSource, _ facts: ReputationFacts, _ judgement: Judgement, cache: CacheMark
    ) -> [UInt8] {
        let address = source.address.description
        return event(source, address) { json in
            json.member("found", 1)
            json.member("verdict", judgement.verdict.rawValue)
            write(source, address, to: &json)
            writeCounts(facts, judgement, to: &json)
            let hasAllTags = writeTags(facts.tags, to: &json)
            writeAnalysis(facts, judgement, address, to: &json)
            writeOutcome(facts, judgement, to: &json)
            json.beginObject("cache")
            json.member("hit", cache.isHit ? "yes" : "no")
            json.member("stale", cache.isStale ? "yes" : "no")
            json.member("age_seconds", cache.ageSeconds)
            json.endObject()
            writeID(source.eventID, to: &json)
            json.key("verdict_line")
            VerdictLine.write(facts, judgement, address: address, to: &json)
            return hasAllTags
        }
    }

    /// VirusTotal has no record of the address.
    package static func noRecord(_ source: EventSource) -> [UInt8] {
        let address = source.address.description
        return event(source, address) { json in
            json.member("found", 0)
            json.member("verdict", "unknown")
            write(source, address, to: &json)
            writeID(source.eventID, to: &json)
            return true
        }
    }

    /// Nothing could be asked in time, or asking cannot help.
    /// - Parameters:
    ///   - status: the HTTP status of the last answer, 0 when there was none.
    ///   - description: for people.
    package static func unenriched(
        _ source: EventSource, reason: UnenrichedReason, status: Int, description: String
    ) -> [UInt8] {
        let address = source.address.description
        return event(source, address) { json in
            json.member("found", 0)
            json.member("verdict", "unenriched")
            write(source, address, to: &json)
            json.member("error", status)
            json.member("reason", reason.rawValue)
            json.text("description", description, limit: Limit.description)
            writeID(source.eventID, to: &json)
            return true
        }
    }

    /// Once a day when the quota is spent. Speaks of no alert and no address.
    package static func notice(reason: UnenrichedReason, description: String, id: String) -> [UInt8] {
        event(nil, nil) { json in
            json.member("found", 0)
            json.member("verdict", "notice")
            json.member("reason", reason.rawValue)
            json.text("description", description, limit: Limit.description)
            writeID(id, to: &json)
            return true
        }
    }
}

// MARK: Parts

extension EnrichedEvent {
    /// Bytes of text. With every byte escaped to six these still leave room below `maxBytes`.
    private enum Limit {
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
    private static func event(
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

    private static func write(_ source: EventSource, _ address: String, to json: inout JSONWriter) {
        json.beginObject("source")
        if !source.alertID.isEmpty { json.text("alert_id", source.alertID, limit: Limit.alertID) }
        if !source.ruleID.isEmpty { json.text("rule", source.ruleID, limit: Limit.ruleID) }
        json.member("ip", address)
        if let level = source.level { json.member("level", level) }
        if !source.timestamp.isEmpty { json.text("timestamp", source.timestamp, limit: Limit.timestamp) }
        json.endObject()
    }

    private static func writeID(_ id: String, to json: inout JSONWriter) {
        if !id.isEmpty { json.text("id", id, limit: Limit.eventID) }
    }

    private static func writeCounts(_ facts: ReputationFacts, _ judgement: Judgement, to json: inout JSONWriter) {
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
    private static func writeTags(_ tags: [String], to json: inout JSONWriter) -> Bool {
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

    private static func writeAnalysis(
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

    private static func writeOutcome(_ facts: ReputationFacts, _ judgement: Judgement, to json: inout JSONWriter) {
        json.member("detections", "\(facts.stats.malicious)/\(facts.stats.total)")
        json.member("severity", judgement.severity.rawValue)
        json.member("severity_label", judgement.severity.label)
        json.member("block", judgement.block ? "yes" : "no")
    }
}

extension JSONWriter {
    /// A member with text of others.
    fileprivate mutating func text(_ key: String, _ value: String, limit: Int) {
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
