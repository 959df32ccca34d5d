extension SelectionSettings {
    /// The address an alert is looked up by: the first of its address fields that holds a public one.
    ///
    /// A private address or a host name does not end the search; an allowlisted one does. It is the alert's source, and
    /// the administrator trusts it: a verdict on an address of a later field would mark, and perhaps block, another host
    /// in its place.
    package func sourceAddress(of alert: Alert) -> IPAddress? {
        let first = alert.addressFields.lazy.compactMap { IPAddress(cleaning: $0) }.first { $0.isPublic }
        return first.flatMap { isAllowlisted($0) ? nil : $0 }
    }

    package func isAllowlisted(_ address: IPAddress) -> Bool {
        allowlist.contains { $0.contains(address) }
    }
}

extension SelectionSettings {
    /// Whether the alert is one of our events that came back: by its rule's group, or by location and `integration`
    /// together. An attacker can write `integration` into a log and must not escape the lookup by it.
    func isOwnEvent(_ alert: Alert) -> Bool {
        alert.rule.hasGroup(Self.ownGroup)
            || (alert.location == ownLocation && alert.integration == Self.ownIntegration)
    }

    static let ownGroup = "vt_ip"
    static let feedbackGroup = "active_response"
    static let ownIntegration = "virustotal_ip"
}
