/// The kinds of values that only outputs have.

extension ValueKind where Value == Bool {
    /// `yes`, `on`, `true` or `no`, `off`, `false`.
    static var flag: ValueKind {
        .scalar("yes or no") { text throws(InvalidValue) in
            switch text.lowercased() {
            case "yes", "on", "true": return true
            case "no", "off", "false": return false
            default: throw .mismatch
            }
        } write: {
            $0 ? "yes" : "no"
        }
    }
}

extension ValueKind where Value == String {
    /// A name for `status`, the log and the command line; not that of a sink which `output` has.
    static var outputName: ValueKind {
        let plain = name("a name of letters, digits, '_', '-' and '.'", atMost: 64) { isNamePart($0) }
        return ValueKind(
            read: { node, reading in
                guard let name = plain.read(node, &reading) else { return nil }
                guard name != "analysisd" else {
                    reading.error("'analysisd' is the name of output.analysisd", at: node)
                    return nil
                }
                return name
            },
            write: plain.write)
    }

    static var hostName: ValueKind {
        name("the name or address of a server", atMost: 253) { isNamePart($0) || $0 == ":" }
    }

    /// Text on one line, of ASCII: it goes into headers and JSON.
    static func plainText(_ limit: Int) -> ValueKind {
        name("text of at most \(limit) ASCII characters", atMost: limit) { (0x20...0x7E).contains($0.value) }
    }

    /// One address without a name: it goes into a header and an SMTP command.
    static var mailAddress: ValueKind {
        .scalar("a mail address such as soc@example.org") { text throws(InvalidValue) in
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, text.utf8.count <= 254,
                parts.allSatisfy({ !$0.isEmpty && $0.unicodeScalars.allSatisfy(isMailPart) })
            else { throw .mismatch }
            return text
        } write: {
            $0
        }
    }

    /// Of a service in the administrator's network: http is refused, or taken, where the whole entry is known.
    static var outputURL: ValueKind {
        .scalar("a URL such as https://thehive.example.org") { text throws(InvalidValue) in
            guard let url = ServiceURL(text), ["https", "http"].contains(url.scheme) else { throw .mismatch }
            guard url.credentials == nil else { throw .because("a URL with user name or password is not taken") }
            return url.masked
        } write: {
            $0
        }
    }
}

private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "_-.".unicodeScalars.contains(scalar))
}

private func isMailPart(_ scalar: Unicode.Scalar) -> Bool {
    (0x21...0x7E).contains(scalar.value) && !"<>(),;:\\\"[]@".unicodeScalars.contains(scalar)
}
