extension JSONWriter {
    /// A string value. A NUL becomes U+FFFD: C programs would end the text there.
    /// - Parameters:
    ///   - limit: bytes of `text` at most, cut on a character.
    ///   - room: bytes of output at most, the quotes included and at least 2; cut on a character, never in an escape.
    /// - Returns: whether all of `text` was written.
    @discardableResult
    package mutating func string(_ text: String, limit: Int = .max, room: Int = .max) -> Bool {
        append(UInt8(ascii: "\""))
        let end = room == .max ? Int.max : bytes.count + room - 2
        var text = text
        let isComplete = text.withUTF8 { utf8 in
            let kept = utf8.count <= limit ? utf8.count : Self.characterStart(utf8, atMost: limit)
            return append(escaped: utf8, upTo: kept, end: end) && kept == utf8.count
        }
        append(UInt8(ascii: "\""))
        return isComplete
    }

    /// Copies runs that need no escaping as they are. Stops before the output would pass `end`.
    private mutating func append(escaped utf8: UnsafeBufferPointer<UInt8>, upTo count: Int, end: Int) -> Bool {
        var position = 0
        while position < count {
            var run = position
            while run < count, !Self.needsEscape(utf8[run]) { run += 1 }
            if run - position > end - bytes.count {
                let stop = Self.characterStart(utf8, atMost: position + end - bytes.count)
                append(utf8, from: position, to: max(stop, position))
                return false
            }
            append(utf8, from: position, to: run)
            guard run < count else { return true }
            guard end - bytes.count >= 6 else { return false }
            appendEscape(utf8[run])
            position = run + 1
        }
        return true
    }

    private mutating func append(_ utf8: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) {
        append(UnsafeBufferPointer(rebasing: utf8[start..<end]))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): appendEscaped(byte)
        case 0x08: appendEscaped(UInt8(ascii: "b"))
        case 0x09: appendEscaped(UInt8(ascii: "t"))
        case 0x0A: appendEscaped(UInt8(ascii: "n"))
        case 0x0C: appendEscaped(UInt8(ascii: "f"))
        case 0x0D: appendEscaped(UInt8(ascii: "r"))
        case 0: raw("\u{FFFD}")
        default:
            raw("\\u00")
            append(Self.hexDigit(byte >> 4))
            append(Self.hexDigit(byte & 0x0F))
        }
    }

    private mutating func appendEscaped(_ character: UInt8) {
        append(UInt8(ascii: "\\"))
        append(character)
    }

    static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    /// The last start of a character at or before `offset`.
    private static func characterStart(_ utf8: UnsafeBufferPointer<UInt8>, atMost offset: Int) -> Int {
        guard offset < utf8.count else { return utf8.count }
        var start = max(offset, 0)
        while start > 0, utf8[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }
}
