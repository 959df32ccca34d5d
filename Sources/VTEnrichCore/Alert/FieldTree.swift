/// The keys that are read of an alert, as a tree: `data`, in it `win`, in it `eventdata`, in it `ipAddress`.
///
/// Compiled once from the fields every `Alert` has and the configured dotted paths. Nodes and the bytes of their keys lie
/// flat in two arrays, so that walking the tree costs no reference counting.
struct FieldTree: Sendable {
    /// The fields of every alert.
    enum Field: Int, CaseIterable {
        case timestamp, id, location, fullLog
        case rule, level, ruleID, ruleDescription, groups
        case agent, agentID, agentName, agentIP
        case manager, node, integration, eventID

        var path: String {
            switch self {
            case .timestamp: "timestamp"
            case .id: "id"
            case .location: "location"
            case .fullLog: "full_log"
            case .rule: "rule"
            case .level: "rule.level"
            case .ruleID: "rule.id"
            case .ruleDescription: "rule.description"
            case .groups: "rule.groups"
            case .agent: "agent"
            case .agentID: "agent.id"
            case .agentName: "agent.name"
            case .agentIP: "agent.ip"
            case .manager: "manager.name"
            case .node: "cluster.node"
            case .integration: "data.integration"
            case .eventID: "data.virustotal_ip.id"
            }
        }
    }

    private struct Node {
        /// Where the key stands in `keys`.
        var key: Range<Int>
        var firstChild: Int?
        var sibling: Int?
    }

    static let root = 0
    private var nodes = [Node(key: 0..<0)]
    private var keys: [UInt8] = []
    private var fieldNodes: [Int] = []
    /// The node of each configured path, in their order.
    private(set) var addressNodes: [Int] = []

    init(addressFields: [String]) {
        fieldNodes = Field.allCases.map { insert($0.path) }
        addressNodes = addressFields.map { insert($0) }
    }

    var count: Int { nodes.count }

    func node(of field: Field) -> Int { fieldNodes[field.rawValue] }

    func hasChildren(_ node: Int) -> Bool { nodes[node].firstChild != nil }

    func child(of node: Int, key: UnsafeRawBufferPointer) -> Int? {
        var candidate = nodes[node].firstChild
        while let child = candidate {
            if isKey(of: child, key) { return child }
            candidate = nodes[child].sibling
        }
        return nil
    }

    private func isKey(of node: Int, _ key: UnsafeRawBufferPointer) -> Bool {
        let range = nodes[node].key
        guard range.count == key.count else { return false }
        for offset in 0..<key.count where keys[range.lowerBound + offset] != key[offset] { return false }
        return true
    }

    private mutating func insert(_ path: String) -> Int {
        var node = Self.root
        for part in path.split(separator: ".", omittingEmptySubsequences: false) {
            let key = Array(part.utf8)
            if let child = key.withUnsafeBytes({ child(of: node, key: $0) }) {
                node = child
                continue
            }
            keys += key
            let place = (keys.count - key.count)..<keys.count
            nodes.append(Node(key: place, sibling: nodes[node].firstChild))
            nodes[node].firstChild = nodes.count - 1
            node = nodes.count - 1
        }
        return node
    }
}
