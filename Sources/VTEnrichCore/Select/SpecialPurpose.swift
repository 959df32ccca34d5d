/// The networks that are never looked up (IANA special-purpose registries and multicast, `virustotal.md` §5).
///
/// IPv6 is the other way round: only `global` is looked up, less the networks named here.
enum SpecialPurpose {
    static let ipv4 = networks([
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "carrier-grade NAT",
        "127.0.0.0/8": "loopback",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.88.99.0/24": "6to4 relays, withdrawn",
        "192.168.0.0/16": "private",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved, broadcast",
    ])

    static let globalIPv6 = networks(["2000::/3": "global unicast"])

    static let ipv6 = networks([
        "2001::/23": "protocol assignments: Teredo, benchmarking, ORCHID, drones",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4: the IPv4 address inside is not the peer's own word",
        "3fff::/20": "documentation",
    ])

    private static func networks(_ table: KeyValuePairs<String, String>) -> [AddressRange] {
        // The tests walk over every row, so that a typing error cannot hide.
        table.compactMap { AddressRange($0.key) }
    }
}

extension IPAddress {
    /// Whether the address may be sent to VirusTotal at all; IPv4 inside IPv6 must have been unwrapped before.
    package var isPublic: Bool {
        switch self {
        case .v4:
            !SpecialPurpose.ipv4.contains { $0.contains(self) }
        case .v6:
            SpecialPurpose.globalIPv6.contains { $0.contains(self) }
                && !SpecialPurpose.ipv6.contains { $0.contains(self) }
        }
    }
}
