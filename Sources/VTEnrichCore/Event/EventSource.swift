/// The alert that an event speaks of: what of it is kept from acceptance until the event is sent.
package struct EventSource: Sendable, Equatable {
    /// The stable event id, 32 hex digits (contract §3).
    package var eventID: String
    package var address: IPAddress
    package var alertID: String
    package var timestamp: String
    package var ruleID: String
    package var level: Int?
    package var ruleDescription: String?
    package var ruleGroups: [String]
    package var agent: Alert.Agent?
    package var manager: String?
    package var location: String?
    /// At most `maxLogBytes`, cut on a character.
    package var fullLog: String?
    /// Whether `fullLog` was cut when it was kept.
    package var logWasCut: Bool

    /// More than an event of 16 KiB can hold, so that the cut is made where the event is built.
    package static let maxLogBytes = 16_384

    package init(
        eventID: String, address: IPAddress, alertID: String, timestamp: String, ruleID: String, level: Int? = nil,
        ruleDescription: String? = nil, ruleGroups: [String] = [], agent: Alert.Agent? = nil, manager: String? = nil,
        location: String? = nil, fullLog: String? = nil, logWasCut: Bool = false
    ) {
        self.eventID = eventID
        self.address = address
        self.alertID = alertID
        self.timestamp = timestamp
        self.ruleID = ruleID
        self.level = level
        self.ruleDescription = ruleDescription
        self.ruleGroups = ruleGroups
        self.agent = agent
        self.manager = manager
        self.location = location
        self.fullLog = fullLog
        self.logWasCut = logWasCut
    }
}

/// Why an alert goes out without enrichment (contract §3).
package enum UnenrichedReason: String, Sendable, Codable {
    case quota
    case keyRejected = "key_rejected"
    case providerUnavailable = "provider_unavailable"
    case invalidAddress = "invalid_address"
}
