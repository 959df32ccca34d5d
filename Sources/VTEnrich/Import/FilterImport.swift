package import VTEnrichCore
import Yams

/// The `<integration>` blocks of an `ossec.conf` as `filters` for `vtenrichd.yaml`, one entry for each block. Nothing else
/// of the file comes out: it holds keys and passwords.
package struct FilterImport: Sendable, Equatable {
    /// What the filters do otherwise than the administrator may believe, `file:line: text`.
    package private(set) var warnings: [String] = []
    package private(set) var filters: [AlertFilter] = []
    /// How many blocks there are, taken over or not.
    package let blocks: Int
    /// The text for `vtenrichd.yaml`, its comments included.
    package private(set) var yaml = ""

    /// - Parameter file: how comments and warnings name it.
    package init(_ bytes: [UInt8], file: String) {
        let roots = WazuhElement.roots(of: bytes)
        let read = roots.filter { $0.name == "ossec_config" }.flatMap(\.children).filter { $0.name == "integration" }
        blocks = read.count
        let all = roots.count { $0.name == "integration" } + roots.flatMap { $0.all("integration") }.count
        if all > read.count {
            warnings.append(
                "\(printable(file)): <integration> that is not right below <ossec_config> is ignored, as integratord does"
            )
        }
        write(read.map(IntegrationBlock.init), file: printable(file))
    }

    private mutating func write(_ blocks: [IntegrationBlock], file: String) {
        yaml = "# From the <integration> blocks of \(file).\n"
        if blocks.contains(where: \.hasKey) {
            yaml +=
                "# The API key is not copied: write it into /etc/vtenrichd/virustotal.key, mode 0640, group vtenrichd.\n"
        }
        // An empty list would take every alert.
        yaml += blocks.contains(where: \.isUsable) ? "filters:\n" : "# No block lets anything through.\n"
        for block in blocks {
            let name = block.name.map { printable($0) } ?? "without a name"
            yaml += "  # line \(block.line): \(name)\n"
            for note in block.notes {
                yaml += "  # warning: \(note.text)\n"
                warnings.append("\(file):\(note.line): \(note.text)")
            }
            guard block.isUsable else {
                yaml += "  # no entry\n"
                continue
            }
            if block.filter == AlertFilter() { yaml += "  # without a filter: every alert\n" }
            let filter = block.filter == AlertFilter() ? AlertFilter(level: 0) : block.filter
            filters.append(filter)
            yaml += Self.entry(filter)
        }
    }

    /// An entry of the list, indented below `filters:`.
    private static func entry(_ filter: AlertFilter) -> String {
        guard let mapping = ValueKind<AlertFilter>.filter(excludes: false).write(filter).mapping else { return "" }
        let pairs = mapping.map { key, value in
            (key, value.sequence.map { Node.sequence(Node.Sequence(Array($0), $0.tag, .flow)) } ?? value)
        }
        // Serialising a tree of texts cannot fail.
        let text = (try? Yams.serialize(node: Node([Node(pairs)]), indent: 2, width: -1)) ?? ""
        return text.split(separator: "\n").map { "  \($0)\n" }.joined()
    }
}
