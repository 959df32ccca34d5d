import Yams

/// What the value of a key may be: how its node is read, and how it is written back by `check --print`.
struct ValueKind<Value> {
    /// nil when the value is refused; the reading then holds the issue.
    let read: (Node, inout ConfigurationReading) -> Value?
    let write: (Value) -> Node
}

/// Why the text of a scalar is refused.
enum InvalidValue: Error {
    /// It is not of the kind at all.
    case mismatch
    case because(String)
}

extension ValueKind {
    /// - Parameter expected: completes "expected …", as in "a duration such as 15s".
    static func scalar(
        _ expected: String, _ parse: @escaping (String) throws(InvalidValue) -> Value,
        write: @escaping (Value) -> String
    ) -> ValueKind {
        ValueKind(
            read: { node, reading in
                guard let scalar = node.scalar else {
                    reading.error("expected \(expected), found \(node.nameForMessage)", at: node)
                    return nil
                }
                guard !node.isNull else {
                    reading.error("has no value; leave the key out for its default", at: node)
                    return nil
                }
                do throws(InvalidValue) {
                    return try parse(scalar.string)
                } catch {
                    switch error {
                    case .mismatch:
                        reading.error("expected \(expected), found \(scalar.string.quotedForMessage)", at: node)
                    case .because(let cause): reading.error(cause, at: node)
                    }
                    return nil
                }
            },
            write: { .text(write($0)) })
    }

    /// `null` or nothing is nil.
    static func optional<Wrapped>(_ kind: ValueKind<Wrapped>) -> ValueKind where Value == Wrapped? {
        ValueKind(
            read: { node, reading in node.isNull ? .some(nil) : kind.read(node, &reading).map { .some($0) } },
            write: { $0.map(kind.write) ?? .null })
    }

    /// A list, or the one element of it. Every bad element is reported.
    static func list<Element>(
        of kind: ValueKind<Element>, atLeast minimum: Int = 0, atMost maximum: Int = 1_000
    ) -> ValueKind where Value == [Element] {
        ValueKind(
            read: { node, reading in
                let elements = node.sequence.map(Array.init) ?? (node.isNull ? [] : [node])
                guard elements.count >= minimum else {
                    reading.error("is an empty list; leave the key out for its default", at: node)
                    return nil
                }
                guard elements.count <= maximum else {
                    reading.error("holds more than \(maximum) elements", at: node)
                    return nil
                }
                let values = elements.compactMap { kind.read($0, &reading) }
                return values.count == elements.count ? values : nil
            },
            write: { Node($0.map(kind.write)) })
    }

    /// The same text, kept as another value.
    func map<Other>(_ forward: @escaping (Value) -> Other, back: @escaping (Other) -> Value) -> ValueKind<Other> {
        ValueKind<Other>(
            read: { node, reading in read(node, &reading).map(forward) },
            write: { write(back($0)) })
    }
}

extension Node {
    /// Quoted unless it can be nothing but text or a number, so that no reader takes it for something else.
    static func text(_ text: String) -> Node {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: "%"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let opensPlain = text.first != "%" && (text.first != "-" || Double(text) != nil)
        let isPlain = plain && opensPlain && !nullTexts.contains(text)
        return Node(text, Tag(.str), isPlain ? .plain : .doubleQuoted)
    }

    static var null: Node { Node("null", Tag(.null), .plain) }

    private static let nullTexts: Set = ["", "~", "null", "Null", "NULL"]

    /// `null`, `~` or nothing, unquoted.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain || scalar.style == .any else { return false }
        return Self.nullTexts.contains(scalar.string)
    }

    /// The word itself, not merely an empty place.
    var isWrittenNull: Bool { isNull && scalar?.string != "" }

    var nameForMessage: String {
        switch self {
        case .scalar(let scalar): isNull ? "nothing" : scalar.string.quotedForMessage
        case .sequence: "a list"
        case .mapping: "keys"
        case .alias: "an alias"
        }
    }
}
