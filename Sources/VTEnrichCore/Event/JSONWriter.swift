/// Writes JSON text member by member in the order of the calls, straight into bytes: events have a fixed key order and
/// are made by the thousand. Compact; the caller keeps the brackets balanced.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Text that is JSON already.
    package mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func raw(_ text: [UInt8]) {
        bytes.append(contentsOf: text)
    }

    /// A character that needs no escaping.
    mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// Puts JSON text before what was written since `position`.
    mutating func insert(_ text: String, at position: Int) {
        bytes.insert(contentsOf: text.utf8, at: position)
    }
}

// MARK: Members

extension JSONWriter {
    /// Opens the document, or an object as a member.
    package mutating func beginObject(_ key: String? = nil) {
        if let key { self.key(key) }
        bytes.append(UInt8(ascii: "{"))
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func member(_ key: String, _ value: Int) {
        self.key(key)
        integer(value)
    }

    package mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
    }

    package mutating func member(_ key: String, decimal value: Double) {
        self.key(key)
        decimal(value)
    }

    /// - Parameter limit: bytes of `value` at most, cut on a character.
    package mutating func member(_ key: String, _ value: String, limit: Int = .max) {
        self.key(key)
        string(value, limit: limit)
    }

    /// The name of the next member, with the comma before it. Names are our own: they need no escaping.
    package mutating func key(_ name: String) {
        separate(after: UInt8(ascii: "{"))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// A comma, unless the bracket was just opened.
    mutating func separate(after bracket: UInt8) {
        if bytes.last != bracket { bytes.append(UInt8(ascii: ",")) }
    }
}

// MARK: Numbers

extension JSONWriter {
    package mutating func integer(_ value: Int) {
        bytes.append(contentsOf: String(value).utf8)
    }

    /// One decimal, as printf's `%.1f`: the nearest to the exact binary value, ties to even. 0.15, in binary a little
    /// less, gives 0.1.
    package mutating func decimal(_ value: Double) {
        // From 2^49 on, a Double has no tenths to speak of, and ten times it leaves the exact integers.
        guard value.magnitude < 562_949_953_421_312 else {
            raw(value.isFinite ? Self.wholeNumber(value) + ".0" : "0.0")
            return
        }
        let magnitude = value.magnitude
        let product = magnitude * 10
        var tenths = product.rounded(.toNearestOrEven)
        if product - product.rounded(.down) == 0.5 {
            // The multiplication may have rounded to the tie: what it left out decides.
            let remainder = (-product).addingProduct(magnitude, 10)
            if remainder != 0 { tenths = product.rounded(remainder > 0 ? .up : .down) }
        }
        let whole = Int(tenths)
        if value.sign == .minus { bytes.append(UInt8(ascii: "-")) }
        integer(whole / 10)
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(whole % 10))
    }

    private static func wholeNumber(_ value: Double) -> String {
        Int(exactly: value.rounded(.towardZero)).map(String.init) ?? (value < 0 ? "-" : "") + String(Int.max)
    }
}

// MARK: Text

extension JSONWriter {
    /// A string value. A NUL becomes U+FFFD: C programs would end the text there.
    /// - Parameters:
    ///   - limit: bytes of `text` at most, cut on a character.
    ///   - room: bytes of output at most, the quotes included and at least 2; cut on a character, never in an escape.
    /// - Returns: whether all of `text` was written.
    @discardableResult
    package mutating func string(_ text: String, limit: Int = .max, room: Int = .max) -> Bool {
        bytes.append(UInt8(ascii: "\""))
        let end = room == .max ? Int.max : bytes.count + room - 2
        var text = text
        let isComplete = text.withUTF8 { utf8 in
            let kept = utf8.count <= limit ? utf8.count : Self.characterStart(utf8, atMost: limit)
            return append(escaped: utf8, upTo: kept, end: end) && kept == utf8.count
        }
        bytes.append(UInt8(ascii: "\""))
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
                bytes.append(contentsOf: utf8[position..<max(stop, position)])
                return false
            }
            bytes.append(contentsOf: utf8[position..<run])
            guard run < count else { return true }
            guard end - bytes.count >= 6 else { return false }
            appendEscape(utf8[run])
            position = run + 1
        }
        return true
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x08: raw("\\b")
        case 0x09: raw("\\t")
        case 0x0A: raw("\\n")
        case 0x0C: raw("\\f")
        case 0x0D: raw("\\r")
        case 0: raw("\u{FFFD}")
        default:
            raw("\\u00")
            bytes.append(Self.hexDigit(byte >> 4))
            bytes.append(Self.hexDigit(byte & 0x0F))
        }
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
