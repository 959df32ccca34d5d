/// A network or a single address, as `allowlist` takes them: `1.1.1.1`, `8.8.8.0/24`, `2001:db8::/32`.
package struct AddressRange: Sendable, Hashable {
    package let network: IPAddress
    /// 0...32 for IPv4, 0...128 for IPv6.
    package let prefixLength: Int
}
