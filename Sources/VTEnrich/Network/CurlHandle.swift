import CCurl
import Glibc
import Synchronization

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
        let isClear = options.url.scheme == "http" && (options.url.isLoopback || options.allowsClearText)
        guard options.url.scheme == "https" || isClear else {
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

    /// One request for `path` below the service's URL: a GET, or with a body a POST.
    func send(_ path: String, _ body: [UInt8]?, for exchange: Exchange) -> TransportResult {
        let transfer = CurlTransfer(exchange, maxBody: options.maxBody)
        let code = withExtendedLifetime(transfer) { perform(options.url.masked + path, body, transfer) }
        var status = 0
        vt_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        let wasSent = exchange.hasLeft.load(ordering: .sequentiallyConsistent)
        // A status without a request is a proxy's answer to CONNECT.
        guard wasSent, status > 0 else {
            return .failure(TransportFailure(cause: describe(code, transfer), wasSent: wasSent))
        }
        // A server or proxy may repeat the header: from here on the key is in nobody's texts.
        var answer = transfer.body
        for secret in options.secrets where !secret.isEmpty {
            answer = answer.replacing(Array(secret.utf8), with: Array("***".utf8))
        }
        return .success(
            HTTPAnswer(
                status: status, retryAfter: transfer.retryAfter, rateLimitRemaining: transfer.rateLimitRemaining,
                body: answer,
                incomplete: code == CURLE_OK ? nil : describe(code, transfer)))
    }

    private func perform(_ url: String, _ body: [UInt8]?, _ transfer: CurlTransfer) -> CURLcode {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        errorText[0] = 0
        vt_curl_set_string(handle, CURLOPT_URL, url)
        vt_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        vt_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        vt_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
        vt_curl_set_request_context(handle, context)
        guard let body else {
            vt_curl_set_long(handle, CURLOPT_HTTPGET, 1)
            return curl_easy_perform(handle)
        }
        return body.withUnsafeBytes { bytes in
            vt_curl_set_long(handle, CURLOPT_POST, 1)
            vt_curl_set_off(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            // An empty body has no address, and without one curl would ask for the data.
            vt_curl_set_bytes(handle, CURLOPT_POSTFIELDS, bytes.baseAddress.map { UnsafeRawPointer($0) })
            defer { vt_curl_set_bytes(handle, CURLOPT_POSTFIELDS, nil) }
            return curl_easy_perform(handle)
        }
    }

    private func describe(_ code: CURLcode, _ transfer: CurlTransfer) -> String {
        if transfer.isTooLarge { return "the answer is larger than \(options.maxBody) bytes" }
        if transfer.requests > 1 { return "the connection ended before the answer" }
        let text = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        return CurlFailure.text(code, options.masked(text), section: options.section)
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
        for header in options.headers { headers = curl_slist_append(headers, header) }
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
            CurlTransfer.from(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        vt_curl_set_write(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        vt_curl_set_progress(handle) { context, _, _, _, _ in
            CurlTransfer.from(context).exchange.isStopped.load(ordering: .sequentiallyConsistent) ? 1 : 0
        }
        let code = vt_curl_set_request(handle) { context, _, _, _, _ in
            CurlTransfer.from(context).mayLeave() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
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
