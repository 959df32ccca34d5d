import Foundation
package import VTEnrichCore

/// Turns an alert and what is known of its address into the outbox rows of every sink, with the settings of the moment.
package struct EventComposer: Sendable {
    /// The names of the sinks, as the outbox rows carry them.
    package static let analysisd = "analysisd"
    package static let file = "file"

    private let configuration: Configuration
    private let outputs: OutputComposer?
    /// Told of every alert that is answered, and whether with a record or a verdict.
    private let onAlert: (@Sendable (EventSource, _ isEnriched: Bool) -> Void)?

    package init(
        _ configuration: Configuration, onAlert: (@Sendable (EventSource, _ isEnriched: Bool) -> Void)? = nil
    ) {
        self.configuration = configuration
        self.onAlert = onAlert
        outputs = configuration.outputs.isEmpty ? nil : OutputComposer(configuration.outputs)
    }

    /// What the cache holds about the alert's address, judged at `now` (seconds since 1970).
    package func event(_ source: EventSource, _ entry: CachedVerdict, isHit: Bool, now: Double) -> [OutboxItem] {
        onAlert?(source, true)
        guard hasSink else { return [] }
        let mark = EnrichedEvent.CacheMark(
            isHit: isHit, isStale: !entry.isFresh(at: now), ageSeconds: max(0, Int(now - entry.fetchedAt)))
        let allowlisted = configuration.selection.allowlist.contains { $0.contains(source.address) }
        let (json, verdict) = EnrichedEvent.judge(
            source, entry.reputation, pivot: entry.pivot, cache: mark, now: now, settings: configuration.verdict,
            allowlisted: allowlisted)
        let items = items(source, verdict?.rawValue ?? "unenriched", source.eventID, json)
        guard let outputs else { return items }
        return items + outputs.items(source, judged(entry, now, allowlisted: allowlisted), json, now: now)
    }

    /// What the outputs' filters look at.
    private func judged(_ entry: CachedVerdict, _ now: Double, allowlisted: Bool) -> OutputComposer.Judged {
        switch entry.reputation {
        case .found(let facts):
            let judgement = VerdictFlow.judge(
                facts, pivot: entry.pivot, now: now, settings: configuration.verdict, allowlisted: allowlisted,
                fresh: entry.isFresh(at: now))
            return .init(verdict: judgement.verdict, judgement: judgement)
        case .notFound: return .init(verdict: .unknown)
        case .invalid: return .init()
        }
    }

    /// - Parameter now: wall clock.
    package func unenriched(_ source: EventSource, _ refusal: Refusal, now: Double) -> [OutboxItem] {
        onAlert?(source, false)
        guard hasSink else { return [] }
        let json = EnrichedEvent.unenriched(
            source, reason: refusal.reason, status: refusal.status, description: refusal.description)
        return items(source, "unenriched", source.eventID, json)
            + (outputs?.items(source, .init(), json, now: now) ?? [])
    }

    /// Tells Wazuh once a day that the quota is spent (contract §3, rule 199906).
    package func notice(id: String, description: String) -> [OutboxItem] {
        let json = EnrichedEvent.notice(reason: .quota, description: description, id: id)
        return items(nil, "notice", id, json) + (outputs?.notice(id, json) ?? [])
    }

    private var hasSink: Bool {
        configuration.analysisd != nil || configuration.outputFile != nil || outputs != nil
    }

    private func items(_ source: EventSource?, _ kind: String, _ id: String, _ json: [UInt8]) -> [OutboxItem] {
        var items: [OutboxItem] = []
        if let analysisd = configuration.analysisd {
            var body = Data(Datagram.prefix(source, location: analysisd.location))
            body.append(contentsOf: json)
            items.append(OutboxItem(sink: Self.analysisd, kind: kind, eventID: id, body: body))
        }
        if configuration.outputFile != nil {
            items.append(OutboxItem(sink: Self.file, kind: kind, eventID: id, body: Data(json)))
        }
        return items
    }
}

/// Why alerts go out without a verdict.
package struct Refusal: Sendable, Equatable {
    package var reason: UnenrichedReason
    /// The HTTP status of the last answer, 0 when there was none.
    package var status: Int
    /// For people.
    package var description: String

    package init(_ reason: UnenrichedReason, status: Int = 0, _ description: String) {
        self.reason = reason
        self.status = status
        self.description = description
    }
}
