/// A notice that says of itself that it is a test, for `doctor --output`: an address for documentation, and nothing that happened.
package enum TestNotice {
    package static let title = "Test of vtenrichd: nothing happened"

    private static func source(now: Double) -> EventSource {
        let time = RFC3339.text(Int(now))
        return EventSource(
            eventID: "test-\(Int(now))", address: .v4(0xC000_0201), alertID: "test-\(Int(now))", timestamp: time,
            ruleID: "0",
            level: 3, ruleDescription: title, ruleGroups: ["test"],
            agent: Alert.Agent(id: "000", name: "vtenrichd"),
            fullLog: "vtenrichd doctor asks whether this output works.")
    }

    /// The event, as a file gets it.
    package static func event(now: Double) -> [UInt8] {
        let facts = ReputationFacts(
            stats: .init(malicious: 0, harmless: 60, undetected: 30, total: 90), tags: ["test"], country: "ZZ",
            owner: "Documentation (RFC 5737)")
        return EnrichedEvent.make(
            source(now: now), .found(facts), pivot: nil, cache: .init(isHit: false), now: now,
            settings: VerdictSettings())
    }

    package static func notice(now: Double) -> [UInt8] {
        OutputNotice.make(source(now: now), event: event(now: now), day: UTCDate(wall: now))
    }
}
