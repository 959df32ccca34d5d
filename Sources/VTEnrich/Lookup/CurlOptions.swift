/// Everything of a transport that stays the same from request to request.
package struct CurlOptions: Sendable {
    /// Only https, or http where the host is loopback; anything else is refused.
    package var url: ServiceURL
    /// Sent as `x-apikey`, to this host only; never in a URL, a text or a log.
    package var key: APIKey
    /// nil takes the environment's (`https_proxy`, `no_proxy`); a loopback host is never asked through either.
    package var proxy: String?
    /// Only the authorities in this file are trusted; nil takes the system's.
    package var caFile: String?
    /// Seconds, for the whole request.
    package var timeout: Double
    /// Bytes of the decoded body; an answer of VirusTotal has some tens of KiB (`virustotal.md` §1.2).
    package var maxBody = 1 << 20

    package init(
        url: ServiceURL, key: APIKey, proxy: String? = nil, caFile: String? = nil, timeout: Double = 15
    ) {
        self.url = url
        self.key = key
        self.proxy = proxy
        self.caFile = caFile
        self.timeout = timeout
    }
}
