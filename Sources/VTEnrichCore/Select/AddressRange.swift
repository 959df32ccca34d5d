/// A network or a single address, as `allowlist` takes them: `1.1.1.1`, `8.8.8.0/24`, `2001:db8::/32`.
package struct AddressRange: Sendable, Hashable {
    package let network: IPAddress
    /// 0...32 for IPv4, 0...128 for IPv6.
    package let prefixLength: Int
}

extension AddressRange {
    /// nil for what is no address or network, and for a network with host bits set (`8.8.8.8/24`): whoever wrote that
    /// meant one of two things, and the wider one would leave addresses without a lookup.
    ///
    /// IPv4-mapped networks become IPv4, since addresses are compared unwrapped.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        var length = address.bitWidth
        if parts.count == 2 {
            guard let given = Self.prefixLength(parts[1]), given <= length else { return nil }
            length = given
        }
        guard address.masked(to: length) == address else { return nil }
        let unwrapped = address.unwrapped
        if case .v6 = address, case .v4 = unwrapped, length >= 96 {
            self.init(network: unwrapped, prefixLength: length - 96)
        } else {
            self.init(network: address, prefixLength: length)
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.bitWidth == network.bitWidth && address.masked(to: prefixLength) == network
    }

    private static func prefixLength(_ text: some StringProtocol) -> Int? {
        let digits = text.utf8
        guard (1...3).contains(digits.count), digits.allSatisfy(isASCIIDigit),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        return Int(text)
    }
}

extension AddressRange: CustomStringConvertible {
    /// `8.8.8.0/24`; a single address without its length.
    package var description: String {
        prefixLength == network.bitWidth ? network.description : "\(network)/\(prefixLength)"
    }
}

extension IPAddress {
    fileprivate var bitWidth: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The address with all but its first `length` bits cleared.
    fileprivate func masked(to length: Int) -> IPAddress {
        switch self {
        case .v4(let value):
            // Swift's << gives 0 for a shift by the whole width.
            .v4(value & (UInt32.max << UInt32(32 - length)))
        case .v6(let high, let low):
            .v6(
                high: high & (UInt64.max << UInt64(64 - min(length, 64))),
                low: low & (UInt64.max << UInt64(128 - max(length, 64))))
        }
    }
}
