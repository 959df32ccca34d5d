import Yams

/// What is gathered while a file is read: the issues, and where each key's value stands.
struct ConfigurationReading {
    /// Of each severity: beyond this a file is nonsense, and a list of it helps nobody.
    static let maxIssues = 100

    let file: String
    /// The dotted key whose value is being read.
    var key = ""
    private(set) var issues: [ConfigurationIssue] = []
    private var marks: [String: Mark] = [:]

    init(file: String) {
        self.file = file
    }

    /// The message is made only where it is kept: a file of a million wrong keys is refused as fast as one of a hundred.
    mutating func error(_ message: @autoclosure () -> String, at node: Node) {
        add(.error, message(), key: key, mark: node.mark)
    }

    mutating func warn(_ message: String, at node: Node) {
        add(.warning, message, key: key, mark: node.mark)
    }

    /// For what concerns several keys: stands at the first of them that the file gives.
    mutating func add(_ severity: ConfigurationIssue.Severity, _ message: String, keys: String...) {
        let given = keys.first { marks[$0] != nil } ?? keys[0]
        add(severity, message, key: given, mark: marks[given])
    }

    mutating func note(_ node: Node, for key: String) {
        marks[key] = node.mark
    }

    func isGiven(_ key: String) -> Bool { marks[key] != nil }

    /// In the order of the file.
    var sortedIssues: [ConfigurationIssue] {
        issues.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
    }

    private mutating func add(
        _ severity: ConfigurationIssue.Severity, _ message: @autoclosure () -> String, key: String, mark: Mark?
    ) {
        guard issues.count(where: { $0.severity == severity }) < Self.maxIssues else { return }
        issues.append(
            ConfigurationIssue(
                severity, file: file, line: mark?.line, column: mark?.column, key: key, message: message()))
    }
}
