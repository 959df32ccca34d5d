/// An IP address as a value: equal when it is the same address, whatever its spelling.
package enum IPAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)
}

extension IPAddress {
    /// Reads exactly what `inet_pton` reads: four decimal octets without leading zeros, or an IPv6 address, with nothing
    /// around it. IPv4-mapped addresses stay IPv6; `init(cleaning:)` unwraps them.
    package init?(_ text: some StringProtocol) {
        // The longest IPv6 text has 45 characters; hostile megabytes end here.
        guard text.utf8.count <= 45 else { return nil }
        let bytes = Array(text.utf8)
        if let value = parseIPv4(bytes[...]) {
            self = .v4(value)
        } else if let groups = parseIPv6(bytes[...]) {
            self = .v6(high: joined(groups[0..<4]), low: joined(groups[4..<8]))
        } else {
            return nil
        }
    }

    /// Reads an address as it stands in a field of an alert: with space around it, in brackets, with a port after an IPv4
    /// address or the brackets, with a zone after an IPv6 address. IPv4-mapped and NAT64 addresses become the IPv4 address
    /// they carry, so that it is judged by that one (`virustotal.md` §5).
    package init?(cleaning text: String) {
        let trimmed = text.trimmed
        guard trimmed.utf8.count <= 300, let bare = Self.withoutBracketsAndPort(trimmed),
            let address = Self.withoutZone(bare)
        else { return nil }
        self = address.unwrapped
    }

    /// The IPv4 address inside an IPv4-mapped (`::ffff:0:0/96`) or NAT64 (`64:ff9b::/96`) one, else the address itself.
    package var unwrapped: IPAddress {
        guard case .v6(let high, let low) = self else { return self }
        let mapped = high == 0 && low >> 32 == 0xffff
        let nat64 = high == 0x0064_ff9b_0000_0000 && low >> 32 == 0
        return mapped || nat64 ? .v4(UInt32(truncatingIfNeeded: low)) : self
    }

    private static func withoutBracketsAndPort(_ text: Substring) -> Substring? {
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst())) else { return nil }
            return text[text.index(after: text.startIndex)..<close]
        }
        // A single colon cannot be IPv6: what follows it is the port of an IPv4 address.
        guard let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") else { return text }
        return isPort(text[text.index(after: colon)...]) ? text[..<colon] : nil
    }

    private static func withoutZone(_ text: Substring) -> IPAddress? {
        guard let percent = text.firstIndex(of: "%") else { return IPAddress(text) }
        guard text.index(after: percent) < text.endIndex, case .v6(let high, let low)? = IPAddress(text[..<percent])
        else { return nil }
        return .v6(high: high, low: low)
    }

    private static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy(isASCIIDigit) && UInt16(text) != nil
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952): lower case, no leading zeros, the first longest run of two or more zero groups as `::`.
    package var description: String {
        switch self {
        case .v4(let value):
            return dotted(value)
        case .v6(let high, let low):
            if high == 0, low >> 32 == 0xffff { return "::ffff:" + dotted(UInt32(truncatingIfNeeded: low)) }
            let groups = [high, low].flatMap { half in
                [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
            }
            guard let zeros = longestZeroRun(groups) else { return hexadecimal(groups[...]) }
            return hexadecimal(groups[..<zeros.lowerBound]) + "::" + hexadecimal(groups[zeros.upperBound...])
        }
    }
}

private func dotted(_ value: UInt32) -> String {
    "\(value >> 24).\(value >> 16 & 0xff).\(value >> 8 & 0xff).\(value & 0xff)"
}

private func hexadecimal(_ groups: ArraySlice<UInt16>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
}

private func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
    var longest = 0..<0
    var start: Int?
    for index in 0...groups.count {
        if index < groups.count, groups[index] == 0 {
            start = start ?? index
        } else if let first = start {
            if index - first > longest.count { longest = first..<index }
            start = nil
        }
    }
    return longest.count >= 2 ? longest : nil
}

private func parseIPv4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    let octets = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard octets.count == 4 else { return nil }
    var value: UInt32 = 0
    for octet in octets {
        // A leading zero is octal for some readers and decimal for others.
        guard (1...3).contains(octet.count), octet.allSatisfy(isASCIIDigit),
            octet.count == 1 || octet.first != UInt8(ascii: "0")
        else { return nil }
        let number = octet.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
        guard number <= 255 else { return nil }
        value = value << 8 | number
    }
    return value
}

/// The eight groups of an IPv6 address; `::` stands for at least one group, the last two may be written as IPv4.
private func parseIPv6(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    let colon = UInt8(ascii: ":")
    guard
        let gap = bytes.indices.first(where: { $0 + 1 < bytes.endIndex && bytes[$0] == colon && bytes[$0 + 1] == colon }
        )
    else {
        return parseGroups(bytes, mayEndInIPv4: true).flatMap { $0.count == 8 ? $0 : nil }
    }
    let before = bytes[..<gap]
    let after = bytes[(gap + 2)...]
    guard let head = before.isEmpty ? [] : parseGroups(before, mayEndInIPv4: false),
        let tail = after.isEmpty ? [] : parseGroups(after, mayEndInIPv4: true), head.count + tail.count <= 7
    else { return nil }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
}

private func parseGroups(_ bytes: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count <= 8 else { return nil }
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
        if mayEndInIPv4, index == parts.count - 1, let value = parseIPv4(part) {
            groups += [UInt16(value >> 16), UInt16(truncatingIfNeeded: value)]
            continue
        }
        guard (1...4).contains(part.count) else { return nil }
        var group: UInt16 = 0
        for byte in part {
            guard let digit = hexadecimalDigit(byte) else { return nil }
            group = group << 4 | UInt16(digit)
        }
        groups.append(group)
    }
    return groups
}

private func joined(_ groups: ArraySlice<UInt16>) -> UInt64 {
    groups.reduce(0) { $0 << 16 | UInt64($1) }
}
