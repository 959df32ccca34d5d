/// Which alerts are taken and where their address is: `filters`, `exclude`, `ip_fields`, `allowlist` of the configuration.
package struct SelectionSettings: Sendable, Equatable {
    /// Empty takes every alert, as integratord does. An alert is taken when any entry passes.
    package var filters: [AlertFilter]
    /// Wins over `filters`.
    package var exclude: [AlertFilter]
    /// Dotted paths; the first one that holds a public address gives it.
    package var addressFields: [String]
    /// Never looked up.
    package var allowlist: [AddressRange]
    /// `output.analysisd.location`, by which our own events are known.
    package var ownLocation: String

    package init(
        filters: [AlertFilter] = [], exclude: [AlertFilter] = [], addressFields: [String] = Self.defaultAddressFields,
        allowlist: [AddressRange] = [], ownLocation: String = "virustotal_ip"
    ) {
        self.filters = filters
        self.exclude = exclude
        self.addressFields = addressFields
        self.allowlist = allowlist
        self.ownLocation = ownLocation
    }

    /// Wazuh's own list of "the address of this alert", and where the honeypot OpenCanary puts it (`wazuh.md` §3.1).
    package static let defaultAddressFields = [
        "data.srcip", "data.src_ip", "data.src_host", "data.win.eventdata.ipAddress", "data.aws.sourceIPAddress",
        "data.aws.source_ip_address", "data.aws.client_ip", "data.aws.httpRequest.clientIp", "data.aws.srcaddr",
        "data.aws.service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
        "data.aws.service.action.portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4",
        "data.office365.ClientIP", "data.office365.ActorIpAddress", "data.ms-graph.ipAddress",
        "data.ms-graph.actor.ipAddress", "data.gcp.jsonPayload.sourceIP",
        "data.gcp.protoPayload.requestMetadata.callerIp", "data.gcp.httpRequest.remoteIp", "data.ClientIP",
        "data.src_endpoint.ip", "data.source_address", "data.remip", "data.audit.srcip",
    ]
}
