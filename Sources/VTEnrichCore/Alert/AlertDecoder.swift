internal import FoundationEssentials

/// The slow and thorough way from a line to its alert, for whatever `AlertScanner` does not know: spaces between tokens,
/// numbers where text is due, surrogate pairs. Both agree on every line that the scanner reads, but for what is too deep or,
/// as a number, too big for this one.
struct AlertDecoder: Sendable {
    /// JSONDecoder recurses, and takes kilobytes of stack for a level. The scanner reads what really nests deep.
    private static let maxDepth = 100

    private let addressPaths: [[String]]

    init(addressFields: [String]) {
        addressPaths = addressFields.map(Self.keys)
    }

    /// - Parameter text: the line, repaired to valid UTF-8.
    func decode(_ text: String) -> AlertReading {
        // JSONDecoder takes zero bytes for a hint of UTF-16.
        guard !text.utf8.contains(0) else { return .malformed("holds a NUL byte") }
        let bytes = Array(text.utf8)
        guard JSONValue.nestsAtMost(Self.maxDepth, bytes) else { return .malformed("nests too deep") }
        guard let value = try? JSONDecoder().decode(StrictJSON.self, from: Data(bytes)) else {
            return .malformed("is not valid JSON")
        }
        guard case .object = value else { return .malformed("is not a JSON object") }
        guard case .object? = value["rule"] else { return .noRule }
        return .alert(alert(value))
    }

    private func alert(_ line: StrictJSON) -> Alert {
        func text(_ path: String) -> String? { line[Self.keys(path)[...]]?.text }
        let rule = Alert.Rule(
            id: line[["rule", "id"]]?.textOrNumber ?? "", level: line[["rule", "level"]]?.integer,
            description: text("rule.description"), groups: line[["rule", "groups"]]?.elements ?? [])
        var agent: Alert.Agent?
        if let id = text("agent.id"), let name = text("agent.name") {
            agent = Alert.Agent(id: id, name: name, ip: text("agent.ip"))
        }
        let addressFields = addressPaths.flatMap { path -> [String] in
            guard let value = line[path[...]] else { return [] }
            return value.elements ?? value.text.map { [$0] } ?? []
        }
        return Alert(
            id: text("id") ?? "", timestamp: text("timestamp") ?? "", rule: rule, agent: agent,
            manager: text("manager.name"), node: text("cluster.node"), location: text("location"),
            fullLog: text("full_log"), integration: text("data.integration"), eventID: text("data.virustotal_ip.id"),
            addressFields: addressFields)
    }

    private static func keys(_ path: String) -> [String] {
        path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
}

/// Any JSON, fully read, so that nothing malformed stays unseen in a part that nobody wants; `JSONValue` is lenient there.
private enum StrictJSON: Decodable {
    case text(String)
    case number(Double)
    case object([String: StrictJSON])
    case array([StrictJSON])
    case other

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            var members: [String: StrictJSON] = [:]
            for key in object.allKeys { members[key.stringValue] = try object.decode(StrictJSON.self, forKey: key) }
            self = .object(members)
        } else if var array = try? decoder.unkeyedContainer() {
            var elements: [StrictJSON] = []
            while !array.isAtEnd { elements.append(try array.decode(StrictJSON.self)) }
            self = .array(elements)
        } else {
            let single = try decoder.singleValueContainer()
            if let text = try? single.decode(String.self) {
                self = .text(text)
            } else if single.decodeNil() || (try? single.decode(Bool.self)) != nil {
                self = .other
            } else {
                self = .number(try single.decode(Double.self))
            }
        }
    }

    subscript(key: String) -> StrictJSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    subscript(path: ArraySlice<String>) -> StrictJSON? {
        guard let key = path.first else { return self }
        return self[key]?[path.dropFirst()]
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var textOrNumber: String? {
        guard case .number(let number) = self else { return text }
        return Int(exactly: number).map { String($0) } ?? String(number)
    }

    /// The whole part of a number, as cJSON gives it.
    var integer: Int? {
        if case .number(let number) = self { Int(exactly: number.rounded(.towardZero)) } else { nil }
    }

    /// The strings of an array.
    var elements: [String]? {
        if case .array(let elements) = self { elements.compactMap(\.text) } else { nil }
    }
}
