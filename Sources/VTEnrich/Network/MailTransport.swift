import CCurl
import Dispatch
import Glibc

/// Hands one message at a time to an SMTP server, by libcurl. Blocks on a queue of its own; the caller waits without a thread.
/// What a code means is the channel's business.
final class MailTransport: Sendable {
    struct Options: Sendable {
        var server: String
        var port: Int
        /// From the first byte on.
        var isImplicitTLS: Bool
        /// STARTTLS must succeed.
        var needsTLS: Bool
        var user: String?
        var password: APIKey?
        var caFile: String?
        /// Seconds, for the whole message.
        var timeout: Double
    }

    struct Reply: Sendable {
        /// nil: the server took it.
        var cause: String?
        /// The last code of SMTP, 0 when there was none.
        var code: Int
        var isLoginRefused: Bool
    }

    private let options: Options
    private let queue = DispatchQueue(label: "vtenrichd.smtp")

    init(_ options: Options) {
        self.options = options
    }

    /// A cancelled task gets its reply at once; the server may have taken the message.
    func send(_ message: [UInt8], from: String, to: [String]) async -> Reply {
        let exchange = Meeting<Reply>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchange.begin(continuation)
                queue.async { exchange.end(self.perform(message, from, to)) }
            }
        } onCancel: {
            exchange.end(Reply(cause: "stopped before the answer", code: 0, isLoginRefused: false))
        }
    }

    private func perform(_ message: [UInt8], _ from: String, _ to: [String]) -> Reply {
        signal(SIGPIPE, SIG_IGN)
        guard vt_curl_start() == CURLE_OK, let handle = curl_easy_init() else {
            return Reply(cause: "libcurl cannot be started", code: 0, isLoginRefused: false)
        }
        defer { curl_easy_cleanup(handle) }
        var recipients: UnsafeMutablePointer<curl_slist>?
        for address in to { recipients = curl_slist_append(recipients, "<\(address)>") }
        defer { curl_slist_free_all(recipients) }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { errorText.deallocate() }
        vt_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        setUp(handle, from, recipients)
        let upload = Upload(message)
        let code = withExtendedLifetime(upload) {
            vt_curl_set_write(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
                Unmanaged<Upload>.fromOpaque(context!).takeUnretainedValue().read(bytes!, size * count)
            }
            vt_curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(upload).toOpaque())
            return curl_easy_perform(handle)
        }
        var status = 0
        vt_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        guard code != CURLE_OK else { return Reply(cause: nil, code: status, isLoginRefused: false) }
        let detail = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        let shown = options.password.map { detail.replacing($0.headerValue, with: "***") } ?? detail
        return Reply(
            cause: CurlFailure.text(code, shown, section: "outputs"), code: status,
            isLoginRefused: code == CURLE_LOGIN_DENIED)
    }

    private func setUp(
        _ handle: UnsafeMutableRawPointer, _ from: String, _ recipients: UnsafeMutablePointer<curl_slist>?
    ) {
        let scheme = options.isImplicitTLS ? "smtps" : "smtp"
        let host = options.server.contains(":") ? "[\(options.server)]" : options.server
        vt_curl_set_string(handle, CURLOPT_URL, "\(scheme)://\(host):\(options.port)")
        vt_curl_set_string(handle, CURLOPT_PROXY, "")
        let bits = options.isImplicitTLS ? CURLPROTO_SMTPS : CURLPROTO_SMTP
        vt_curl_set_protocols(handle, scheme, Int(bits))
        if options.needsTLS { vt_curl_set_long(handle, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)) }
        vt_curl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = options.caFile {
            vt_curl_set_string(handle, CURLOPT_CAINFO, file)
            vt_curl_set_string(handle, CURLOPT_CAPATH, nil)
        }
        if let user = options.user {
            vt_curl_set_string(handle, CURLOPT_USERNAME, user)
            vt_curl_set_string(handle, CURLOPT_PASSWORD, options.password?.headerValue ?? "")
        }
        vt_curl_set_string(handle, CURLOPT_MAIL_FROM, "<\(from)>")
        vt_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        vt_curl_set_long(handle, CURLOPT_UPLOAD, 1)
        vt_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        vt_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(options.timeout * 1_000))
        vt_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(min(options.timeout, 10) * 1_000))
        vt_curl_set_quick_exit(handle)
    }
}

/// What curl's read callback takes from.
private final class Upload {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func read(_ target: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let count = min(room, bytes.count - position)
        bytes.withUnsafeBytes {
            UnsafeMutableRawPointer(target).copyMemory(from: $0.baseAddress! + position, byteCount: count)
        }
        position += count
        return count
    }
}
