import CCurl
import Glibc
import Synchronization

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

/// libcurl's easy handle, owned by this file alone: it keeps the connection between requests.
///
/// Blocks while it works, and is confined to the queue of its `CurlTransport`.
final class CurlHandle {
    private let handle: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private let options: CurlOptions

    /// Once for the process, before the first handle. Without signals curl leaves SIGPIPE alone, and OpenSSL writes to
    /// connections that may have ended.
    private static let started: CURLcode = {
        signal(SIGPIPE, SIG_IGN)
        return vt_curl_start()
    }()

    init(_ options: CurlOptions) throws(TransportFailure) {
        guard options.url.scheme == "https" || (options.url.scheme == "http" && options.url.isLoopback) else {
            let cause = "\(options.url.masked) is refused: without https the key would travel in clear"
            throw TransportFailure(cause: cause, wasSent: false)
        }
        guard Self.started == CURLE_OK, let handle = curl_easy_init() else {
            throw TransportFailure(cause: "libcurl cannot be started", wasSent: false)
        }
        self.handle = handle
        self.options = options
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        do {
            try limitReach()
            try setUpTLS()
            try setUpRequest()
        } catch {
            throw TransportFailure(
                cause: "libcurl \(String(cString: curl_version())) refuses option \(error.option)", wasSent: false)
        }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headers)
        errorText.deallocate()
    }

    /// One GET of `path` below the provider's URL.
    func get(_ path: String, for exchange: Exchange) -> TransportResult {
        let transfer = Transfer(exchange, maxBody: options.maxBody)
        let code = withExtendedLifetime(transfer) { perform(options.url.masked + path, transfer) }
        var status = 0
        vt_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        guard exchange.hasLeft.load(ordering: .sequentiallyConsistent), status > 0 else {
            // A status without a request is a proxy's answer to CONNECT.
            let wasSent = exchange.hasLeft.load(ordering: .sequentiallyConsistent)
            return .failure(TransportFailure(cause: describe(code, transfer), wasSent: wasSent))
        }
        return .success(
            HTTPAnswer(
                status: status, retryAfter: transfer.retryAfter, body: transfer.body,
                incomplete: code == CURLE_OK ? nil : describe(code, transfer)))
    }

    private func perform(_ url: String, _ transfer: Transfer) -> CURLcode {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        errorText[0] = 0
        vt_curl_set_string(handle, CURLOPT_URL, url)
        vt_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        vt_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        vt_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
        vt_curl_set_request_context(handle, context)
        return curl_easy_perform(handle)
    }

    private func describe(_ code: CURLcode, _ transfer: Transfer) -> String {
        if transfer.isTooLarge { return "the answer is larger than \(options.maxBody) bytes" }
        if transfer.requests > 1 { return "the connection ended before the answer" }
        let text = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        return CurlFailure.text(code, text.replacing(options.key.headerValue, with: "***"), timeout: options.timeout)
    }
}

// What is set once.
extension CurlHandle {
    private struct Refusal: Error {
        var option: UInt32
    }

    /// Where the handle may go: https (http on loopback only), one host, no redirects, a proxy only beyond loopback.
    private func limitReach() throws(Refusal) {
        let bits = options.url.scheme == "http" ? CURLPROTO_HTTP : CURLPROTO_HTTPS
        guard vt_curl_set_protocols(handle, options.url.scheme, Int(bits)) == CURLE_OK else {
            throw Refusal(option: CURLOPT_PROTOCOLS_STR.rawValue)
        }
        try set(CURLOPT_FOLLOWLOCATION, 0)
        if options.url.isLoopback {
            // An empty name switches the environment's proxy off as well.
            try set(CURLOPT_PROXY, "")
        } else if let proxy = options.proxy {
            try set(CURLOPT_PROXY, proxy)
        }
    }

    private func setUpTLS() throws(Refusal) {
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard let file = options.caFile else { return }
        try set(CURLOPT_CAINFO, file)
        // Debian's libcurl also knows a folder of authorities, and would go on trusting it.
        try set(CURLOPT_CAPATH, nil)
    }

    private func setUpRequest() throws(Refusal) {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_TIMEOUT_MS, Int(options.timeout * 1000))
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(options.timeout, 10) * 1000))
        vt_curl_set_quick_exit(handle)
        for header in ["x-apikey: \(options.key.headerValue)", "accept: application/json"] {
            headers = curl_slist_append(headers, header)
        }
        guard vt_curl_set_list(handle, CURLOPT_HTTPHEADER, headers) == CURLE_OK else {
            throw Refusal(option: CURLOPT_HTTPHEADER.rawValue)
        }
        // The key is not for the proxy: its CONNECT carries none of these headers.
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_USERAGENT, "vtenrichd/\(Version.text)")
        // Empty: whatever this libcurl can decode.
        try set(CURLOPT_ACCEPT_ENCODING, "")
        try set(CURLOPT_NOPROGRESS, 0)
        vt_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        try setCallbacks()
    }

    private func setCallbacks() throws(Refusal) {
        vt_curl_set_write(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Transfer.from(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        vt_curl_set_write(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Transfer.from(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        vt_curl_set_progress(handle) { context, _, _, _, _ in
            Transfer.from(context).exchange.isStopped.load(ordering: .sequentiallyConsistent) ? 1 : 0
        }
        let code = vt_curl_set_request(handle) { context, _, _, _, _ in
            Transfer.from(context).mayLeave() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        guard code == CURLE_OK else { throw Refusal(option: CURLOPT_PREREQFUNCTION.rawValue) }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(Refusal) {
        guard vt_curl_set_long(handle, option, value) == CURLE_OK else { throw Refusal(option: option.rawValue) }
    }

    private func set(_ option: CURLoption, _ value: String?) throws(Refusal) {
        guard vt_curl_set_string(handle, option, value) == CURLE_OK else { throw Refusal(option: option.rawValue) }
    }
}

/// What curl's callbacks gather during one request.
private final class Transfer {
    let exchange: Exchange
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var requests = 0
    private(set) var retryAfter: String?
    private let maxBody: Int

    init(_ exchange: Exchange, maxBody: Int) {
        self.exchange = exchange
        self.maxBody = maxBody
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Called when the connection stands. curl sends again by itself where a kept connection ends without an answer; the
    /// server would then see a request that nobody counted, so a second one is not let out.
    func mayLeave() -> Bool {
        requests += 1
        guard requests == 1 else { return false }
        exchange.hasLeft.store(true, ordering: .sequentiallyConsistent)
        return !exchange.isStopped.load(ordering: .sequentiallyConsistent)
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= maxBody else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let name = "retry-after:"
        let line = String(decoding: bytes.prefix(200), as: UTF8.self)
        if line.prefix(name.count).lowercased() == name { retryAfter = String(line.dropFirst(name.count)) }
        return bytes.count
    }
}
