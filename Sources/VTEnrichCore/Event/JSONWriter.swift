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

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: utf8)
    }

    mutating func replaceLast(with byte: UInt8) {
        bytes[bytes.count - 1] = byte
    }

    /// Puts JSON text before what was written since `position`.
    mutating func insert(_ text: String, at position: Int) {
        bytes.insert(contentsOf: text.utf8, at: position)
    }
}

// MARK: Members

extension JSONWriter {
    /// Opens the document, or an object as a member.
    package mutating func beginObject(_ key: StaticString? = nil) {
        if let key { self.key(key) }
        bytes.append(UInt8(ascii: "{"))
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func member(_ key: StaticString, _ value: Int) {
        self.key(key)
        integer(value)
    }

    package mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
    }

    package mutating func member(_ key: StaticString, decimal value: Double) {
        self.key(key)
        decimal(value)
    }

    /// - Parameter limit: bytes of `value` at most, cut on a character.
    package mutating func member(_ key: StaticString, _ value: String, limit: Int = .max) {
        self.key(key)
        string(value, limit: limit)
    }

    /// The name of the next member, with the comma before it. Names are our own: they need no escaping.
    package mutating func key(_ name: StaticString) {
        separate(after: UInt8(ascii: "{"))
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
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
