import CSSL
import Glibc

/// TLS 1.2 or newer on a connected, non-blocking descriptor: Debian 12's hiredis has none of its own. The server's certificate
/// must be of a trusted authority and for the host that was asked for.
///
/// Confined to the queue of its connection.
final class RedisTLS {
    private let context: OpaquePointer
    private let ssl: OpaquePointer

    init(descriptor: Int32, host: String, caFile: String?, deadline: Double) throws(RedisFailure) {
        // OpenSSL writes to connections that may have ended.
        signal(SIGPIPE, SIG_IGN)
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw RedisFailure("TLS cannot be started") }
        let isTrusting =
            caFile.map { SSL_CTX_load_verify_locations(context, $0, nil) } ?? SSL_CTX_set_default_verify_paths(context)
        guard isTrusting == 1, let ssl = SSL_new(context) else {
            SSL_CTX_free(context)
            throw RedisFailure("TLS: cannot read the authorities of \(caFile ?? "the system") (cluster.ca_file)")
        }
        (self.context, self.ssl) = (context, ssl)
        vt_ssl_require_tls12(context)
        vt_ssl_allow_moving_writes(ssl)
        SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
        Self.expect(host, ssl)
        SSL_set_fd(ssl, descriptor)
        try shakeHands(descriptor, deadline)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    func close() { SSL_shutdown(ssl) }

    /// An address is compared with the certificate's addresses, a name with its names.
    private static func expect(_ host: String, _ ssl: OpaquePointer) {
        var (v4, v6) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1 {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host)
        } else {
            SSL_set1_host(ssl, host)
            vt_ssl_set_server_name(ssl, host)
        }
    }

    private func shakeHands(_ descriptor: Int32, _ deadline: Double) throws(RedisFailure) {
        while true {
            ERR_clear_error()
            let code = SSL_connect(ssl)
            if code == 1 { return }
            guard let events = wanted(after: Int(code)) else { throw RedisFailure("TLS: \(reason)") }
            guard poll(descriptor, events, until: deadline) else { throw RedisFailure("TLS: no answer in time") }
        }
    }

    private var reason: String {
        let verdict = SSL_get_verify_result(ssl)
        if verdict != Int(X509_V_OK) {
            let cause = String(cString: X509_verify_cert_error_string(verdict))
            return "the server's certificate is not accepted: \(cause) (cluster.ca_file)"
        }
        let code = ERR_peek_error()
        guard code != 0 else { return "the server ended the handshake; does it speak TLS at this port?" }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        ERR_clear_error()
        return Int(SSL_write(ssl, bytes.baseAddress, Int32(bytes.count)))
    }

    func read(_ space: UnsafeMutableRawBufferPointer) -> Int {
        ERR_clear_error()
        return Int(SSL_read(ssl, space.baseAddress, Int32(space.count)))
    }

    /// What the descriptor must be ready for before the call that gave `count` is repeated; nil: the connection is over.
    func wanted(after count: Int) -> Int16? {
        switch SSL_get_error(ssl, Int32(count)) {
        case SSL_ERROR_WANT_READ: Int16(POLLIN)
        case SSL_ERROR_WANT_WRITE: Int16(POLLOUT)
        default: nil
        }
    }
}
