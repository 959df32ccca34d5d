import CCurl
import Glibc

/// `virustotal.url`, taken apart by curl's own parser, so that what is checked here is what is connected to.
///
/// Only https, or http where the host is this machine: the key never travels in clear.
package struct ProviderURL: Sendable, Equatable {
    /// Without a slash at its end.
    package let text: String
    /// `http` or `https`.
    package let scheme: String
    package let host: String
    /// 127.0.0.0/8, ::1 or localhost: such a host is never asked through a proxy.
    package let isLoopback: Bool

    package struct Problem: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package init(_ text: String) throws(Problem) {
        guard let parts = URLParts(text) else {
            throw Problem(description: "is not a URL like https://www.virustotal.com")
        }
        guard let scheme = parts[CURLUPART_SCHEME], let host = parts[CURLUPART_HOST] else {
            throw Problem(description: "needs a scheme and a host, like https://www.virustotal.com")
        }
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT] where parts[part] != nil {
            throw Problem(description: "must hold nothing but scheme, host, port and path")
        }
        isLoopback = Self.isLoopback(host)
        guard scheme == "https" || (scheme == "http" && isLoopback) else {
            throw Problem(description: "must be https (http is for loopback only: the key would travel in clear)")
        }
        self.scheme = scheme
        self.host = host
        self.text = String(text.reversed().drop { $0 == "/" }.reversed())
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 { return UInt32(bigEndian: v4.s_addr) >> 24 == 127 }
        guard host.hasPrefix("["), host.hasSuffix("]") else { return false }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &v6) == 1 else { return false }
        return withUnsafeBytes(of: v6) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }
}

/// The parts of a URL as libcurl understands it.
private final class URLParts {
    private let handle: OpaquePointer

    init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        self.handle = handle
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
    }

    deinit {
        curl_url_cleanup(handle)
    }

    subscript(part: CURLUPart) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, 0) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}
