/// VirusTotal's API key. Its text leaves this value in one place only, the request header; whatever prints, logs or
/// reflects the value shows a mask.
package struct APIKey: Sendable, Equatable {
    /// For the header `x-apikey`, nothing else.
    package let headerValue: String

    /// What a file, credential or variable held. White space behind it is dropped, an editor's newline.
    package init(_ bytes: some Collection<UInt8>) throws(Refusal) {
        guard bytes.count <= 4_096 else { throw .tooLong }
        var bytes = Array(bytes)
        while let last = bytes.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .notOneWord }
        headerValue = String(decoding: bytes, as: UTF8.self)
    }

    package enum Refusal: Error {
        case empty, tooLong, notOneWord
    }
}

extension APIKey.Refusal: CustomStringConvertible {
    /// Completes "PATH …".
    package var description: String {
        switch self {
        case .empty: "is empty; it must hold the API key"
        case .tooLong: "is longer than 4 KiB; it must hold the API key alone"
        case .notOneWord:
            "holds white space or other than ASCII characters; it must hold the API key alone, on one line"
        }
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
