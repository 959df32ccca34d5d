import CCrypto

/// The id by which our own event is known when it comes back as an alert (contract §3).
///
/// Made from the alert, never from the place in the file: the same alert gives the same id however often it is read. The
/// key stays in the state database, so that nobody else can make an id that would be taken for a confirmation.
package enum EventID {
    /// The first 32 hex digits of HMAC-SHA256 over manager or node, alert id, timestamp and address.
    /// - Parameter origin: `Alert.origin`.
    package static func make(
        key: [UInt8], origin: String, alertID: String, timestamp: String, address: IPAddress
    ) -> String {
        make(key: key, fields: [origin, alertID, timestamp, address.description])
    }

    /// The id of the day's notice; `day` as `2025-12-05`.
    package static func makeNotice(key: [UInt8], day: String) -> String {
        make(key: key, fields: ["notice", day])
    }

    /// Every field is preceded by its length: no two lists of fields give the same message.
    private static func make(key: [UInt8], fields: [String]) -> String {
        var message: [UInt8] = []
        message.reserveCapacity(160)
        for field in fields {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: field.utf8.count).bigEndian) {
                message.append(contentsOf: $0)
            }
            message.append(contentsOf: field.utf8)
        }
        return hexadecimal(digest(of: message, key: key).prefix(16))
    }

    private static func digest(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        var length = UInt32(digest.count)
        let result = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, &length)
        // libcrypto refuses SHA-256 only when it is out of memory or has no provider at all.
        precondition(result != nil, "libcrypto cannot compute HMAC-SHA256")
        return digest
    }

    private static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            var position = 0
            for byte in bytes {
                buffer[position] = JSONWriter.hexDigit(byte >> 4)
                buffer[position + 1] = JSONWriter.hexDigit(byte & 0x0F)
                position += 2
            }
            return position
        }
    }
}
