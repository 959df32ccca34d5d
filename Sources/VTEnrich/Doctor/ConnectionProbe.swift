import CCurl
import Dispatch
import Glibc

/// Name, connection and TLS to VirusTotal, on the way the daemon takes: its proxy, its authorities. No request is sent, so it
/// costs nothing and carries no key.
enum ConnectionProbe {
    /// `74.125.34.46 port 443, TLS after 85 ms`, or why there is no connection.
    static func connect(_ settings: Configuration.VirusTotal) async -> Result<String, Failure> {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "vtenrichd.probe").async { continuation.resume(returning: perform(settings)) }
        }
    }

    struct Failure: Error {
        var cause: String
    }

    /// - Parameter isLive: whether the answer is the reason for the call: then no connection is a fault, else it may be that the
    ///   service's environment has a proxy that this one lacks.
    static func finding(
        _ result: Result<String, Failure>, _ settings: Configuration.VirusTotal, isLive: Bool
    ) -> Finding {
        switch result {
        case .success(let text): return Finding(.network, .ok, "\(masked(settings.url)) at \(text)")
        case .failure(let failure):
            let host = ServiceURL(settings.url)?.host ?? ""
            let proxy = settings.proxy ?? getenv("https_proxy").map { String(cString: $0) }
            let by = proxy == nil ? "" : " by the proxy \(masked(proxy ?? ""))"
            return Finding(
                .network, isLive ? .fail : .warn, "cannot reach \(masked(settings.url))\(by): \(failure.cause)",
                remedy: "getent hosts \(host.shellWord); curl -I \(settings.url.shellWord); or set virustotal.proxy")
        }
    }

    private static func masked(_ url: String) -> String { ServiceURL(url)?.masked ?? "the URL" }

    private static func perform(_ settings: Configuration.VirusTotal) -> Result<String, Failure> {
        guard let url = ServiceURL(settings.url), vt_curl_start() == CURLE_OK, let handle = curl_easy_init() else {
            return .failure(Failure(cause: "libcurl cannot be started, or virustotal.url is no URL"))
        }
        defer { curl_easy_cleanup(handle) }
        let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { message.deallocate() }
        let timeout = min(settings.timeout, 10)
        vt_curl_set_string(handle, CURLOPT_URL, url.masked)
        vt_curl_set_long(handle, CURLOPT_CONNECT_ONLY, 1)
        vt_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        vt_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(timeout * 1_000))
        vt_curl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        vt_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, message)
        vt_curl_set_quick_exit(handle)
        if url.isLoopback {
            vt_curl_set_string(handle, CURLOPT_PROXY, "")
        } else if let proxy = settings.proxy {
            vt_curl_set_string(handle, CURLOPT_PROXY, proxy)
        }
        if let file = settings.caFile {
            vt_curl_set_string(handle, CURLOPT_CAINFO, file)
            vt_curl_set_string(handle, CURLOPT_CAPATH, nil)
        }
        let code = curl_easy_perform(handle)
        guard code == CURLE_OK else {
            let text = message[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: message)
            return .failure(Failure(cause: CurlFailure.text(code, text)))
        }
        return .success(describe(handle, isTLS: url.scheme == "https"))
    }

    private static func describe(_ handle: UnsafeMutableRawPointer, isTLS: Bool) -> String {
        var (address, port): (UnsafePointer<CChar>?, Int) = (nil, 0)
        vt_curl_get_string(handle, CURLINFO_PRIMARY_IP, &address)
        vt_curl_get_long(handle, CURLINFO_PRIMARY_PORT, &port)
        var microseconds: curl_off_t = 0
        vt_curl_get_off(handle, isTLS ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T, &microseconds)
        let what = isTLS ? "TLS" : "connected"
        return "\(address.map { String(cString: $0) } ?? "?") port \(port), \(what) after \(microseconds / 1_000) ms"
    }
}
