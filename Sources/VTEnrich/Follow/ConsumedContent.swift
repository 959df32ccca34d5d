import CCrypto

/// The content by which a generation is known, kept in memory beside its offset so that no checkpoint reads a file.
struct ConsumedContent {
    static let headLimit = 1024
    static let tailLimit = 4096

    private(set) var offset: UInt64 = 0
    /// The first bytes, up to `headLimit`.
    private(set) var head: [UInt8] = []
    /// The bytes right before `offset`: min(offset, `tailLimit`) of them.
    private(set) var tail: [UInt8] = []

    init() {}

    init(offset: UInt64, head: [UInt8], tail: [UInt8]) {
        self.offset = offset
        self.head = head
        self.tail = tail
    }

    /// Whether `head` holds the start of an alert.
    var isTelling: Bool { head.contains(Array("{\"timestamp\":\"".utf8)) }

    /// Moves on by `count` bytes: the last ones of `window`, which begins with `tail`.
    mutating func advance(by count: Int, in window: UnsafeRawBufferPointer) {
        if head.count < Self.headLimit, offset <= UInt64(Self.tailLimit) {
            head = Array(window.prefix(Self.headLimit))
        }
        offset += UInt64(count)
        tail.removeAll(keepingCapacity: true)
        tail.append(contentsOf: window.suffix(Self.tailLimit))
    }

    func mark(identity: FileIdentity, datedName: String?) -> GenerationMark {
        GenerationMark(
            identity: identity, offset: offset,
            head: Fingerprint(of: head.prefix(Int(min(offset, UInt64(Self.headLimit))))),
            marker: Fingerprint(of: tail[...]),
            datedName: datedName)
    }
}

extension Fingerprint {
    /// Half of a SHA-256: the content is partly an attacker's, so no weaker sum will do.
    init(of bytes: ArraySlice<UInt8>) {
        var digest = [UInt8](repeating: 0, count: 32)
        bytes.withUnsafeBufferPointer { _ = SHA256($0.baseAddress, $0.count, &digest) }
        let text = digest.prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }
        self.init(length: bytes.count, digest: text.joined())
    }
}
