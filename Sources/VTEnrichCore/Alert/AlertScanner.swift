/// The fast way from the bytes of a line to its alert: one pass that skips what nobody asked for.
///
/// It knows lines as analysisd prints them (`wazuh.md` §2, §3) and gives nil for anything else; `AlertDecoder` has the word then.
/// Of repeated keys the first one counts, as it does for integratord.
struct AlertScanner: Sendable {
    private let tree: FieldTree

    init(addressFields: [String]) {
        tree = FieldTree(addressFields: addressFields)
    }

    /// - Returns: the alert, `.noRule` for an object without a `rule` object, nil for what the decoder must read.
    func scan(_ line: UnsafeRawBufferPointer) -> AlertReading? {
        var pass = Pass(tree: tree, cursor: JSONCursor(line), values: Array(repeating: -1, count: tree.count))
        guard pass.readObject(FieldTree.root), pass.cursor.isAtEnd else { return nil }
        return pass.reading()
    }
}

private struct Pass {
    let tree: FieldTree
    var cursor: JSONCursor
    /// Where the value of each node of the tree begins; -1 where there is none.
    var values: [Int]

    mutating func readObject(_ node: Int) -> Bool {
        guard cursor.take(UInt8(ascii: "{")) else { return false }
        if cursor.take(UInt8(ascii: "}")) { return true }
        repeat {
            guard let key = cursor.key() else { return false }
            guard let child = child(of: node, key), values[child] < 0 else {
                guard cursor.skipValue() else { return false }
                continue
            }
            values[child] = cursor.position
            let inside = cursor.next == UInt8(ascii: "{") && tree.hasChildren(child)
            guard inside ? readObject(child) : cursor.skipValue() else { return false }
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: "}"))
    }

    private func child(of node: Int, _ key: JSONCursor.Text) -> Int? {
        guard key.escaped else { return tree.child(of: node, key: cursor.raw(key)) }
        return Array(cursor.decoded(key).utf8).withUnsafeBytes { tree.child(of: node, key: $0) }
    }

    /// What was found, as a reading. Types that analysisd never writes are left to the decoder where they would count.
    func reading() -> AlertReading? {
        guard kind(.rule) == UInt8(ascii: "{") else { return .noRule }
        if let first = kind(.ruleID), first != UInt8(ascii: "\"") { return nil }
        var level: Int?
        if let first = kind(.level), first == UInt8(ascii: "-") || isASCIIDigit(first) {
            var reader = JSONCursor(cursor.bytes, at: values[tree.node(of: .level)])
            guard let number = reader.smallNumber() else { return nil }
            level = number
        }
        let rule = Alert.Rule(
            id: text(.ruleID) ?? "", level: level, description: text(.ruleDescription), groups: groups())
        return .alert(
            Alert(
                id: text(.id) ?? "", timestamp: text(.timestamp) ?? "", rule: rule, agent: agent(),
                manager: text(.manager), node: text(.node), location: text(.location), fullLog: text(.fullLog),
                integration: text(.integration), eventID: text(.eventID),
                addressFields: tree.addressNodes.flatMap { texts(at: values[$0]) }))
    }

    /// The first byte of a field's value.
    private func kind(_ field: FieldTree.Field) -> UInt8? {
        let start = values[tree.node(of: field)]
        return start < 0 ? nil : cursor.bytes[start]
    }

    private func text(_ field: FieldTree.Field) -> String? {
        text(at: values[tree.node(of: field)])
    }

    private func text(at start: Int) -> String? {
        guard start >= 0 else { return nil }
        var reader = JSONCursor(cursor.bytes, at: start)
        return reader.string().map { reader.decoded($0) }
    }

    /// The text of a string, the texts of an array's strings, nothing of other values.
    private func texts(at start: Int) -> [String] {
        guard start >= 0 else { return [] }
        var reader = JSONCursor(cursor.bytes, at: start)
        guard reader.take(UInt8(ascii: "[")) else { return text(at: start).map { [$0] } ?? [] }
        var texts: [String] = []
        repeat {
            if reader.next == UInt8(ascii: "\"") {
                if let text = reader.string() { texts.append(reader.decoded(text)) }
            } else if !reader.skipValue() {
                // An empty array; `readObject` found the rest valid.
                return texts
            }
        } while reader.take(UInt8(ascii: ","))
        return texts
    }

    private func groups() -> [String] {
        let start = values[tree.node(of: .groups)]
        return kind(.groups) == UInt8(ascii: "[") ? texts(at: start) : []
    }

    private func agent() -> Alert.Agent? {
        guard let id = text(.agentID), let name = text(.agentName) else { return nil }
        return Alert.Agent(id: id, name: name, ip: text(.agentIP))
    }
}

extension JSONCursor {
    /// Takes a number of one to four digits, as levels are; nil for any other value.
    mutating func smallNumber() -> Int? {
        let start = position
        var number = 0
        while isASCIIDigit(next), position - start < 5 {
            number = number * 10 + Int(next - UInt8(ascii: "0"))
            position += 1
        }
        let ends = next == UInt8(ascii: ",") || next == UInt8(ascii: "}")
        return (1...4).contains(position - start) && ends ? number : nil
    }
}
