import CCrypto
import Glibc
package import VTEnrichCore

/// What a node needs to know to take part in its cluster.
package struct ClusterSettings: Sendable {
    package var address: RedisAddress
    package var prefix: String
    package var nodes: Int
    package var passwordFile: String?
    package var caFile: String?
    /// Of a request to VirusTotal, seconds.
    package var timeout: Double
    package var limits: QuotaLimits
    /// Seconds for connecting to the server and for each exchange with it.
    package var patience = 3.0

    /// nil without a cluster.
    package init?(_ configuration: Configuration) {
        guard let text = configuration.cluster.redis, let address = try? RedisAddress(text) else { return nil }
        self.address = address
        prefix = configuration.cluster.prefix
        nodes = configuration.cluster.nodes
        passwordFile = configuration.cluster.passwordFile
        caFile = configuration.cluster.caFile
        timeout = configuration.virusTotal.timeout
        limits = configuration.virusTotal.quota
    }

    /// In braces, so that all keys lie together on one node of a Redis Cluster.
    var base: String { "{\(prefix)}" }

    func connect() throws(RedisFailure) -> RedisConnection {
        try RedisConnection(
            RedisConnection.Settings(
                address: address, password: try passwordFile.map(Self.password), caFile: caFile, patience: patience))
    }

    /// Read at each connection, so that a new password needs no reload.
    private static func password(in path: String) throws(RedisFailure) -> String {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw RedisFailure("cannot read the password file \(path): \(errnoText())") }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw RedisFailure("the password file \(path) is not a regular file")
        }
        guard facts.st_mode & 0o007 == 0 else {
            throw RedisFailure("the password file \(path) can be read by every user; run: chmod 640 \(path.shellWord)")
        }
        var bytes = [UInt8](repeating: 0, count: 4_097)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        var text = bytes.prefix(max(0, count))
        while let last = text.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) { text.removeLast() }
        guard !text.isEmpty, text.count <= 4_096 else {
            throw RedisFailure("the password file \(path) must hold the password alone")
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Names that can be told, of what must not be.
enum ClusterDigest {
    /// By which nodes know that they have the same API key; it tells nothing of the key.
    static func of(_ key: APIKey) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        var length = UInt32(digest.count)
        let (secret, message) = (Array(key.headerValue.utf8), Array("vtenrichd cluster".utf8))
        HMAC(EVP_sha256(), secret, Int32(secret.count), message, message.count, &digest, &length)
        return hexadecimal(digest.prefix(8))
    }

    /// By which the server knows a script.
    static func of(script: String) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        let bytes = Array(script.utf8)
        SHA1(bytes, bytes.count, &digest)
        return hexadecimal(digest)
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
