/// Everything of a transport that stays the same from request to request.
package struct CurlOptions: Sendable {
    /// Only https, or http where the host is loopback or `allowsClearText`; anything else is refused.
    package var url: ServiceURL
    /// Sent with every request, to this host only; `name: value`.
    package var headers: [String]
    /// What no text, log or error may show, should a server or curl repeat it.
    package var secrets: [String]
    /// nil takes the environment's (`https_proxy`, `no_proxy`); a loopback host is never asked through either.
    package var proxy: String?
    /// Only the authorities in this file are trusted; nil takes the system's.
    package var caFile: String?
    /// Seconds, for the whole request.
    package var timeout: Double
    /// Bytes of the decoded body; an answer of VirusTotal has some tens of KiB (`virustotal.md` §1.2).
    package var maxBody = 1 << 20
    /// Whether http may leave the machine: a service of the administrator's own network.
    package var allowsClearText = false
    /// Where the administrator finds these options in the configuration.
    package var section = "virustotal"

    /// For VirusTotal: the key goes as `x-apikey`, never in a URL, a text or a log.
    package init(
        url: ServiceURL, key: APIKey, proxy: String? = nil, caFile: String? = nil, timeout: Double = 15
    ) {
        self.init(
            url: url, headers: ["x-apikey: \(key.headerValue)", "accept: application/json"],
            secrets: [key.headerValue], proxy: proxy, caFile: caFile, timeout: timeout)
    }

    package init(
        url: ServiceURL, headers: [String], secrets: [String], proxy: String? = nil, caFile: String? = nil,
        timeout: Double
    ) {
        self.url = url
        self.headers = headers
        self.secrets = secrets
        self.proxy = proxy
        self.caFile = caFile
        self.timeout = timeout
    }

    /// The text without the secrets.
    func masked(_ text: String) -> String {
        secrets.reduce(text) { $1.isEmpty ? $0 : $0.replacing($1, with: "***") }
    }
}
