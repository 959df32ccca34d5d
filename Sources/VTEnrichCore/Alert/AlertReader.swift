/// What one line turned out to be.
package enum AlertReading: Sendable, Equatable {
    case alert(Alert)
    /// A JSON object without a `rule` object: integratord skips it (`wazuh.md` §1.1).
    case noRule
    /// With what is wrong, to stand after "the line": `is not valid JSON`.
    case malformed(String)
}

/// From the bytes of one line, without its newline, to its alert. Pure; any bytes are allowed.
package struct AlertReader: Sendable {
    private let scanner: AlertScanner
    private let decoder: AlertDecoder

    /// - Parameter addressFields: dotted paths, as `ip_fields` has them.
    package init(addressFields: [String]) {
        scanner = AlertScanner(addressFields: addressFields)
        decoder = AlertDecoder(addressFields: addressFields)
    }

    /// Invalid UTF-8 is repaired to U+FFFD before anything is read, so that nothing hides behind it (`wazuh.md` §2).
    package func read(_ line: UnsafeRawBufferPointer) -> AlertReading {
        scan(line) ?? decode(line)
    }

    /// The fast way; nil for what only `decode` can tell.
    func scan(_ line: UnsafeRawBufferPointer) -> AlertReading? { scanner.scan(line) }

    func decode(_ line: UnsafeRawBufferPointer) -> AlertReading {
        decoder.decode(String(decoding: line, as: UTF8.self))
    }
}
