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
        judge(
            source, reputation, pivot: pivot, cache: cache, now: now, settings: settings, allowlisted: allowlisted
        ).json
    }

    /// The same with the verdict that it tells; nil: it is not enriched.
    package static func judge(
        _ source: EventSource, _ reputation: Reputation, pivot: PivotFacts?, cache: CacheMark, now: Double,
        settings: VerdictSettings, allowlisted: Bool
    ) -> (json: [UInt8], verdict: Verdict?) {
        switch reputation {
        case .found(var facts):
            if let abuse = facts.abuse, Double(abuse.until) <= now { facts.abuse = nil }
            let judgement = VerdictFlow.judge(
                facts, pivot: pivot, now: now, settings: settings, allowlisted: allowlisted, fresh: !cache.isStale)
            return (found(source, facts, judgement, cache: cache), judgement.verdict)
        case .notFound: return (noRecord(source), .unknown)
        case .invalid:
            return (unenriched(source, reason: .invalidAddress, status: 400, description: invalidAddress), nil)
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
            if let abuse = facts.abuse { writeAbuse(abuse, to: &json) }
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
