/// The kinds of text: paths, names, addresses of services. None of them echoes what looks like an API key.

extension ValueKind where Value == String {
    /// An absolute path.
    static var path: ValueKind { path(atMost: 4_095, why: "a path") }

    /// The longest that fits into the address of a Unix socket.
    static var socketPath: ValueKind { path(atMost: 107, why: "the path of a Unix socket") }

    private static func path(atMost limit: Int, why: String) -> ValueKind {
        .scalar("an absolute path") { text throws(InvalidValue) in
            if looksLikeKey(text) {
                throw .because("this looks like an API key; write the key into a file and name the file here")
            }
            guard text.hasPrefix("/"), !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
            else {
                throw .mismatch
            }
            guard text.utf8.count <= limit else {
                throw .because("\(why) holds at most \(limit) bytes, this one has \(text.utf8.count)")
            }
            return text
        } write: {
            $0
        }
    }

    /// Text of the characters that `isAllowed` takes.
    static func name(
        _ expected: String, atMost limit: Int, _ isAllowed: @escaping (Unicode.Scalar) -> Bool
    ) -> ValueKind {
        .scalar(expected) { text throws(InvalidValue) in
            let name = text.trimmed
            if looksLikeKey(name) { throw .because("this looks like an API key, which must not stand here") }
            guard !name.isEmpty, name.utf8.count <= limit, name.unicodeScalars.allSatisfy(isAllowed) else {
                throw .mismatch
            }
            return name
        } write: {
            $0
        }
    }

    /// https, or http to this machine: the key travels with every request.
    static var serviceURL: ValueKind {
        .scalar("a URL such as https://www.virustotal.com") { text throws(InvalidValue) in
            guard let url = ServiceURL(text), ["https", "http"].contains(url.scheme) else {
                throw .because("expected a URL such as https://www.virustotal.com")
            }
            guard url.credentials == nil else { throw .because("a URL with user name or password is not taken") }
            guard url.scheme == "https" || url.isLoopback else {
                throw .because("http would send the API key in clear; only a loopback address may be http")
            }
            return url.masked
        } write: {
            $0
        }
    }

    /// Without a password, which would stand in a file that many may read.
    static var redisURL: ValueKind {
        .scalar("an address such as redis://redis.example.org:6379") { text throws(InvalidValue) in
            do throws(RedisAddress.Refusal) {
                return try RedisAddress(text).text
            } catch {
                switch error {
                case .hasPassword: throw .because("the password belongs into the file of cluster.password_file")
                case .noAddress:
                    throw .because("expected redis://HOST:PORT, rediss://HOST:PORT (with TLS) or unix:///PATH")
                }
            }
        } write: {
            $0
        }
    }

    static var clusterPrefix: ValueKind {
        name("a prefix of letters, digits and -._:", atMost: 64) { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-._:".unicodeScalars.contains(scalar))
        }
    }

    static var proxyURL: ValueKind {
        .scalar("a proxy such as http://proxy.example.org:3128") { text throws(InvalidValue) in
            let schemes: Set = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
            guard let url = ServiceURL(text), schemes.contains(url.scheme), url.path.isEmpty else {
                throw .because("expected a proxy such as http://proxy.example.org:3128")
            }
            return text
        } write: {
            ServiceURL($0)?.masked ?? ""
        }
    }
}

/// 64 hexadecimal digits. Such text is never echoed.
private func looksLikeKey(_ text: String) -> Bool {
    text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
}

extension String {
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else {
            return ""
        }
        return String(self[first...last])
    }
}
