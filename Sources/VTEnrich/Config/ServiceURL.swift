import Glibc

/// The address of a service: scheme, host and port, and no more than the daemon understands of it.
package struct ServiceURL: Sendable, Equatable {
    /// Lower case.
    package let scheme: String
    /// Lower case, IPv6 without brackets.
    package let host: String
    package let port: Int?
    /// With its leading slash and without trailing ones; often empty.
    package let path: String
    /// What stands before `@`; only a proxy has it.
    package let credentials: String?

    /// nil for what is no `scheme://host[:port][/path]`, for white space, a query, a fragment and non-ASCII text.
    package init?(_ text: String) {
        guard let colon = text.firstRange(of: "://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        scheme = text[..<colon.lowerBound].lowercased()
        let rest = text[colon.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var path = rest[slash...]
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
        if let at = authority.lastIndex(of: "@") {
            credentials = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            credentials = nil
        }
        guard let (host, port) = Self.hostAndPort(authority) else { return nil }
        self.host = host.lowercased()
        self.port = port
        if path.contains(where: { "?#\\\"<>".contains($0) }) { return nil }
    }

    /// Whether it can only mean this machine: `localhost`, 127.0.0.0/8 or ::1, written as usual.
    package var isLoopback: Bool {
        if host == "localhost" { return true }
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 { return UInt32(bigEndian: v4.s_addr) >> 24 == 127 }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, host, &v6) == 1 else { return false }
        return withUnsafeBytes(of: v6) { bytes in bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 }
    }

    /// As it may be shown: without user name and password.
    package var masked: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let user = credentials == nil ? "" : "***@"
        return "\(scheme)://\(user)\(shownHost)\(port.map { ":\($0)" } ?? "")\(path)"
    }

    private static func hostAndPort(_ authority: Substring) -> (String, Int?)? {
        var host = authority
        var portText: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            portText = after.isEmpty ? nil : after.dropFirst()
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(host), &address) == 1 else { return nil }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                portText = authority[authority.index(after: colon)...]
            }
            let isName = host.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
            }
            guard !host.isEmpty, host.utf8.count <= 253, isName else { return nil }
        }
        guard let portText else { return (String(host), nil) }
        guard let port = Int(portText), (1...65_535).contains(port), portText.utf8.first != UInt8(ascii: "+") else {
            return nil
        }
        return (String(host), port)
    }
}
