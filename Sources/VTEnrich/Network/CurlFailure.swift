import CCurl

/// libcurl's errors as texts for log and status: what happened, and what the operator can look at.
enum CurlFailure {
    /// - Parameters:
    ///   - detail: curl's own words, bounded here.
    ///   - section: of the configuration, where proxy, authorities and time limit are set.
    static func text(_ code: CURLcode, _ detail: String, section: String = "virustotal") -> String {
        let cause = line(detail)
        return advice(code, section).map { "\(cause) (\($0))" } ?? cause
    }

    private static func advice(_ code: CURLcode, _ section: String) -> String? {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: "DNS gives no address"
        case CURLE_COULDNT_RESOLVE_PROXY: "check \(section).proxy or https_proxy"
        case CURLE_COULDNT_CONNECT: "check network and firewall, or set \(section).proxy"
        case CURLE_OPERATION_TIMEDOUT: "\(section).timeout limits the whole request"
        case CURLE_PEER_FAILED_VERIFICATION:
            "the certificate is not accepted; behind a proxy that opens TLS set \(section).ca_file"
        case CURLE_SSL_CACERT_BADFILE: "\(section).ca_file cannot be read"
        case CURLE_SSL_CONNECT_ERROR: "no TLS 1.2 or newer with this server"
        default: nil
        }
    }

    /// Outside text as one line of at most `limit` characters.
    static func line(_ text: String, limit: Int = 200) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit).map { isPlain($0) ? $0 : " " }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
