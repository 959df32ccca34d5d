extension JSONCursor {
    /// Moves over one value of any kind, checking its grammar.
    mutating func skipValue() -> Bool {
        if next == UInt8(ascii: "\"") { return string() != nil }
        var open = OpenContainers()
        while true {
            switch next {
            case UInt8(ascii: "{"):
                position += 1
                guard open.push(isObject: true) else { return false }
                if !take(UInt8(ascii: "}")) {
                    guard key() != nil else { return false }
                    continue
                }
                open.pop()
            case UInt8(ascii: "["):
                position += 1
                guard open.push(isObject: false) else { return false }
                if !take(UInt8(ascii: "]")) { continue }
                open.pop()
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
            default:
                guard skipScalar() else { return false }
            }
            while open.depth > 0, !take(UInt8(ascii: ",")) {
                guard take(open.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
                open.pop()
            }
            if open.depth == 0 { return true }
            if open.isInObject, key() == nil { return false }
        }
    }

    private mutating func skipScalar() -> Bool {
        switch next {
        case UInt8(ascii: "t"): take("true")
        case UInt8(ascii: "f"): take("false")
        case UInt8(ascii: "n"): take("null")
        default: skipNumber()
        }
    }

    /// A number as cJSON prints them; longer and bigger ones are left to the decoder.
    private mutating func skipNumber() -> Bool {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard skipDigits() else { return false }
        }
        if take(UInt8(ascii: ".")) {
            guard skipDigits() else { return false }
        }
        if take(UInt8(ascii: "e")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipExponent() else { return false }
        }
        return position - start <= 64 && next != UInt8(ascii: "E")
    }

    private mutating func skipExponent() -> Bool {
        let start = position
        guard skipDigits(), position - start <= 3 else { return false }
        return bytes[start..<position].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 308
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while isASCIIDigit(next) { position += 1 }
        return position > start
    }
}

/// Which of the containers around a value are objects, one bit each.
private struct OpenContainers {
    /// cJSON, which prints the alerts, reads no deeper than 1,000 levels, so none of them is deeper.
    private static let limit = 1024

    private(set) var depth = 0
    private var objects = InlineArray<16, UInt64>(repeating: 0)

    var isInObject: Bool {
        let level = depth - 1
        return objects[level >> 6] >> UInt64(level & 63) & 1 == 1
    }

    mutating func push(isObject: Bool) -> Bool {
        guard depth < Self.limit else { return false }
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if isObject { objects[depth >> 6] |= bit } else { objects[depth >> 6] &= ~bit }
        depth += 1
        return true
    }

    mutating func pop() { depth -= 1 }
}
