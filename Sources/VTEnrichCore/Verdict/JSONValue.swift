import Foundation

/// Any JSON document as a value: for answers of VirusTotal and input of `explain`, of which nothing may be assumed. Too
/// slow for alert lines.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    /// Any other number; one that no Double holds is read as `null`.
    case decimal(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// VirusTotal's answers are about eight deep; a document that nests further is not read, before the decoder recurses.
    private static let maxDepth = 64

    /// nil when the bytes are no JSON document, are no UTF-8, or nest too deep.
    package init?(parsing bytes: [UInt8]) {
        // JSONDecoder takes zero bytes for a hint of UTF-16.
        guard !bytes.contains(0), Self.nestsAtMost(Self.maxDepth, bytes) else { return nil }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
        self = value
    }

    /// Counts brackets outside strings; says nothing about whether it is JSON.
    static func nestsAtMost(_ limit: Int, _ bytes: [UInt8]) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > limit { return false }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return true
    }

    /// The member of an object; nil when it is absent or this is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    package var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }
}

extension JSONValue: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let integer = try? container.decode(Int.self) {
            self = .integer(integer)
        } else if let members = try? container.decode([String: JSONValue].self) {
            self = .object(members)
        } else if let elements = try? container.decode([JSONValue].self) {
            self = .array(elements)
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let decimal = try? container.decode(Double.self) {
            self = .decimal(decimal)
        } else {
            self = .null
        }
    }
}

extension JSONValue {
    /// Compact JSON text; members in no particular order.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.raw("null")
        case .bool(let value): writer.raw(value ? "true" : "false")
        case .integer(let value): writer.raw(String(value))
        case .decimal(let value): writer.raw(value.isFinite ? String(value) : "null")
        case .text(let value): writer.string(value)
        case .array(let elements):
            writer.raw("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.raw(",") }
                element.write(to: &writer)
            }
            writer.raw("]")
        case .object(let members):
            writer.raw("{")
            for (index, member) in members.enumerated() {
                if index > 0 { writer.raw(",") }
                writer.string(member.key)
                writer.raw(":")
                member.value.write(to: &writer)
            }
            writer.raw("}")
        }
    }
}
