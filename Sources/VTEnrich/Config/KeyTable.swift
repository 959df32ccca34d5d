import Yams

/// One key of a table: where its value lives in `Root`, what it may be, and whether a reload may change it.
struct Field<Root> {
    /// Dotted; the part before the last dot names the section.
    let key: String
    /// Only a restart can change it (T47).
    let isFixed: Bool
    let read: (Node, inout Root, inout ConfigurationReading) -> Void
    let write: (Root) -> Node

    init<Value>(
        _ key: String, _ path: WritableKeyPath<Root, Value>, _ kind: ValueKind<Value>, isFixed: Bool = false
    ) {
        self.key = key
        self.isFixed = isFixed
        read = { node, root, reading in
            if let value = kind.read(node, &reading) { root[keyPath: path] = value }
        }
        write = { kind.write($0[keyPath: path]) }
    }

    var name: Substring { key.split(separator: ".").last ?? "" }
}

/// The keys of a mapping and of the sections below it: one table that reads a file, writes it back, tells what a reload
/// may change, and knows every key there is.
struct KeyTable<Root> {
    let fields: [Field<Root>]
    /// Sections that `null` switches off, and how.
    var switches: [String: (inout Root) -> Void] = [:]

    /// Takes every value of `node`; unknown keys and bad values become issues, and the root keeps its default there.
    /// - Parameters:
    ///   - section: the dotted key of `node` within this table; empty for the root.
    ///   - parent: what stands before this table's keys in messages.
    func read(
        _ node: Node, section: String = "", parent: String = "", into root: inout Root,
        _ reading: inout ConfigurationReading
    ) {
        guard let mapping = node.mapping else {
            if node.isNull { return }
            let place = section.isEmpty && parent.isEmpty ? " at the top of the file" : ""
            reading.error("expected keys\(place), found \(node.nameForMessage)", at: node)
            return
        }
        let outer = reading.key
        for (keyNode, value) in mapping {
            guard let name = keyNode.scalar?.string else {
                reading.error("a key must be text, found \(keyNode.nameForMessage)", at: keyNode)
                continue
            }
            let key = section.isEmpty ? name : "\(section).\(name)"
            reading.key = parent.isEmpty ? key : "\(parent).\(key)"
            reading.note(value, for: reading.key)
            if name.contains(".") {
                reading.key = reading.key.escapedKey
                reading.error("unknown key; keys are nested, not joined by dots", at: keyNode)
            } else if let field = fields.first(where: { $0.key == key }) {
                field.read(value, &root, &reading)
            } else if fields.contains(where: { $0.key.hasPrefix("\(key).") }) {
                if value.isWrittenNull, let off = switches[key] {
                    off(&root)
                } else {
                    read(value, section: key, parent: parent, into: &root, &reading)
                }
            } else {
                reading.key = reading.key.escapedKey
                reading.error("unknown key\(advice(on: name, in: section))", at: keyNode)
            }
            reading.key = outer
        }
    }

    /// The values as a tree of nodes, in the order of the table.
    func write(_ root: Root) -> Node {
        write(fields.map { ($0.key.split(separator: ".")[...], $0.write(root)) })
    }

    private func write(_ leaves: [(key: ArraySlice<Substring>, value: Node)]) -> Node {
        var names: [Substring] = []
        for leaf in leaves where names.last != leaf.key.first { names += leaf.key.prefix(1) }
        let pairs = names.map { name in
            let below = leaves.filter { $0.key.first == name }
            let isLeaf = below[0].key.count == 1
            return (Node(String(name)), isLeaf ? below[0].value : write(below.map { ($0.key.dropFirst(), $0.value) }))
        }
        return Node(pairs)
    }

    /// What the administrator may have meant: a key of this section that is spelled alike, or the same key elsewhere.
    private func advice(on name: String, in section: String) -> String {
        let prefix = section.isEmpty ? "" : "\(section)."
        let siblings = fields.filter { $0.key.hasPrefix(prefix) }
            .compactMap { $0.key.dropFirst(prefix.count).split(separator: ".").first.map(String.init) }
        let nearest = siblings.map { (name: $0, distance: editDistance($0, name)) }.min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= (nearest.name.count < 5 ? 1 : 2) {
            return ", did you mean '\(nearest.name)'?"
        }
        if let field = fields.first(where: { $0.name == name }) {
            let home = field.key.dropLast(name.count + 1)
            return home.isEmpty ? ", '\(name)' stands at the top level" : ", '\(name)' stands below \(home)"
        }
        return "; known here: \(Set(siblings).sorted().joined(separator: ", "))"
    }
}

extension String {
    /// A key as messages show it: short, without control characters.
    fileprivate var escapedKey: String { String(quotedForMessage.dropFirst().dropLast()) }
}

/// How many characters must be changed, added, removed or swapped with their neighbour.
func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars.prefix(64))
    let right = Array(right.unicodeScalars.prefix(64))
    var rows = [Array(0...right.count)]
    for i in left.indices {
        var row = [i + 1]
        for j in right.indices {
            var cost = min(rows[i][j + 1], row[j]) + 1
            cost = min(cost, rows[i][j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                cost = min(cost, rows[i - 1][j - 1] + 1)
            }
            row.append(cost)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
