/// Reads JSON as analysisd prints it (compact, one value a line) from front to back, without allocating.
///
/// Every function returns nil or false for what it does not know, wrong or merely unusual, and stays somewhere in it:
/// whoever asked then leaves the line to `AlertDecoder`. What it accepts is valid JSON, so that the two agree. Bytes above
/// 127 stand in strings only and are not looked at: repairing invalid UTF-8 never moves a quote.
struct JSONCursor {
    /// A string in the line, without its quotes.
    struct Text {
        var start: Int
        var end: Int
        /// Whether it holds a backslash and so must be decoded.
        var escaped: Bool
    }

    let bytes: UnsafeRawBufferPointer
    var position: Int

    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The next byte, 0 at the end.
    var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func take(_ literal: StaticString) -> Bool {
        guard holds(literal, at: position) else { return false }
        position += literal.utf8CodeUnitCount
        return true
    }

    func holds(_ literal: StaticString, at place: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard bytes.count - place >= length else { return false }
        for offset in 0..<length where bytes[place + offset] != literal.utf8Start[offset] { return false }
        return true
    }

    /// Whether a text without escapes has these bytes.
    func `is`(_ text: Text, _ literal: StaticString) -> Bool {
        text.end - text.start == literal.utf8CodeUnitCount && holds(literal, at: text.start)
    }

    /// Takes a key and its colon.
    mutating func key() -> Text? {
        guard let text = string(), take(UInt8(ascii: ":")) else { return nil }
        return text
    }

    /// Takes a string. Control characters and halves of surrogate pairs are left to the decoder.
    mutating func string() -> Text? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        var escaped = false
        while true {
            skipPlainBytes()
            switch next {
            case UInt8(ascii: "\""):
                position += 1
                return Text(start: start, end: position - 1, escaped: escaped)
            case UInt8(ascii: "\\"):
                escaped = true
                guard skipEscape() else { return nil }
            default:
                return nil
            }
        }
    }

    /// Moves to the next quote, backslash, control character or the end, eight bytes at a time.
    private mutating func skipPlainBytes() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones << 7
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5c)
            // Each term has the high bit of a byte set where that byte is 0, 0 and below 0x20; the lowest one is exact.
            let found =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- (ones &* 0x20)) & ~word) & highs
            if found != 0 {
                position += found.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
            position += 1
        }
    }

    private mutating func skipEscape() -> Bool {
        position += 1
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
            return true
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(at: position + 1), !(0xd800...0xdfff).contains(unit) else { return false }
            position += 5
            return true
        default:
            return false
        }
    }

    private func codeUnit(at start: Int) -> UInt16? {
        guard start + 4 <= bytes.count else { return nil }
        var unit: UInt16 = 0
        for index in start..<start + 4 {
            guard let digit = hexadecimalDigit(bytes[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The bytes of a string as they stand in the line.
    func raw(_ text: Text) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[text.start..<text.end])
    }

    /// The text of a string, with what is no UTF-8 as U+FFFD.
    func decoded(_ text: Text) -> String {
        guard text.escaped else { return String(decoding: raw(text), as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(text.end - text.start)
        var index = text.start
        while index < text.end {
            guard bytes[index] == UInt8(ascii: "\\") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if bytes[index + 1] == UInt8(ascii: "u") {
                // `string` accepted it, so it is a scalar of its own.
                let scalar = codeUnit(at: index + 2).flatMap { Unicode.Scalar($0) } ?? "\u{fffd}"
                result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                index += 6
            } else {
                result.append(Self.unescaped(bytes[index + 1]))
                index += 2
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: byte
        }
    }
}
