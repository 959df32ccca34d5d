extension EventSource {
    /// What an event will say of `alert`.
    /// - Parameters:
    ///   - address: the one that the selection took out of the alert.
    ///   - key: the secret of the state database, for the event id.
    package init(alert: Alert, address: IPAddress, key: [UInt8]) {
        let log = alert.fullLog?.prefix(bytes: Self.maxLogBytes)
        self.init(
            eventID: EventID.make(
                key: key, origin: alert.origin, alertID: alert.id, timestamp: alert.timestamp, address: address),
            address: address, alertID: alert.id, timestamp: alert.timestamp, ruleID: alert.rule.id,
            level: alert.rule.level, ruleDescription: alert.rule.description, ruleGroups: alert.rule.groups,
            agent: alert.agent, manager: alert.manager, location: alert.location, fullLog: log,
            logWasCut: log?.utf8.count != alert.fullLog?.utf8.count)
    }
}
