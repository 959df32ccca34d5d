/// The XML that Wazuh's files are written in: elements, attributes, comments, entities, CDATA, and a backslash before a `<`
/// that is text (`wazuh.md` §1.1). No namespaces, no declarations.
struct WazuhXMLReader {
    /// Deeper elements are read as part of the one above.
    private static let maxDepth = 50

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// The open elements; the first one stands for the file.
    private var open = [WazuhElement(name: "", line: 1)]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() -> [WazuhElement] {
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<"), takeMarkup() { continue }
            takeText()
        }
        while open.count > 1 { closeLast() }
        return open[0].children
    }

    /// False when the `<` is text.
    private mutating func takeMarkup() -> Bool {
        if starts("<!--") {
            _ = skip(past: "-->")
        } else if starts("<![CDATA[") {
            position += 9
            open[open.count - 1].text += skip(past: "]]>")
            open[open.count - 1].hasEntities = true
        } else if starts("<!") || starts("<?") {
            _ = skip(past: ">")
        } else if starts("</") {
            position += 2
            close(skip(past: ">").filter { !$0.isWhitespace })
        } else if position + 1 < bytes.count, Self.isNameStart(bytes[position + 1]) {
            position += 1
            takeTag()
        } else {
            return false
        }
        return true
    }

    private mutating func takeTag() {
        var element = WazuhElement(name: takeName(), line: line)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ">"):
                position += 1
                open.append(element)
                if open.count > Self.maxDepth { closeLast() }
                return
            case UInt8(ascii: "/") where starts("/>"):
                position += 2
                open[open.count - 1].children.append(element)
                return
            case let byte where Self.isNameStart(byte):
                let name = takeName()
                if let value = takeAttributeValue() { element.attributes[name] = value }
            case let byte: step(over: byte)
            }
        }
    }

    private mutating func takeAttributeValue() -> String? {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { return nil }
        position += 1
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else {
            return nil
        }
        let quote = String(Unicode.Scalar(bytes[position]))
        position += 1
        return Entities.resolve(skip(past: quote)[...]).text
    }

    /// Up to the next `<` that no backslash stands before; at least one byte.
    private mutating func takeText() {
        let start = position
        while position < bytes.count {
            if position > start, bytes[position] == UInt8(ascii: "<"), bytes[position - 1] != UInt8(ascii: "\\") {
                break
            }
            step(over: bytes[position])
        }
        let (text, changed) = Entities.resolve(String(decoding: bytes[start..<position], as: UTF8.self)[...])
        open[open.count - 1].text += text
        if changed { open[open.count - 1].hasEntities = true }
    }

    private mutating func takeName() -> String {
        let start = position
        while position < bytes.count, Self.isName(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func close(_ name: String) {
        guard let opened = open.lastIndex(where: { $0.name == name }), opened > 0 else { return }
        while open.count > opened { closeLast() }
    }

    private mutating func closeLast() {
        let element = open.removeLast()
        open[open.count - 1].children.append(element)
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    /// What stands before `end`, or all of the rest.
    private mutating func skip(past end: String) -> String {
        let start = position
        let end = Array(end.utf8)
        while position < bytes.count {
            if bytes[position...].starts(with: end) {
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                for byte in end { step(over: byte) }
                return text
            }
            step(over: bytes[position])
        }
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { step(over: bytes[position]) }
    }

    private mutating func step(over byte: UInt8) {
        if byte == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isName(_ byte: UInt8) -> Bool {
        isNameStart(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
}

/// XML's five named entities and numbers; anything else stays as it is.
private enum Entities {
    private static let named: [Substring: String] = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]

    static func resolve(_ text: Substring) -> (text: String, changed: Bool) {
        var (result, rest, changed) = ("", text, false)
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...].dropFirst()
            guard let end = rest.prefix(12).firstIndex(of: ";"), let value = value(of: rest[..<end]) else {
                result += "&"
                continue
            }
            result += value
            rest = rest[rest.index(after: end)...]
            changed = true
        }
        return (result + rest, changed)
    }

    private static func value(of name: Substring) -> String? {
        if let value = named[name] { return value }
        guard name.first == "#" else { return nil }
        let digits = name.dropFirst()
        let number = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
}
