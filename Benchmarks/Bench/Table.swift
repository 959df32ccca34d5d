import Foundation

/// One figure of a run.
struct Row: Encodable {
    var section: String
    var name: String
    var value: Double
    var unit: String
    /// What it must reach; nil: for information.
    var mark: Mark?
    /// Beside another figure of the same run.
    var comparison: String?

    struct Mark: Encodable {
        var value: Double
        var isAtLeast: Bool

        static func atLeast(_ value: Double) -> Mark { Mark(value: value, isAtLeast: true) }
        static func atMost(_ value: Double) -> Mark { Mark(value: value, isAtLeast: false) }
    }

    var reached: Bool? { mark.map { $0.isAtLeast ? value >= $0.value : value <= $0.value } }
}

/// All figures of a run, printed as they come and written as JSON and Markdown at the end.
struct Table: Encodable {
    private(set) var rows: [Row] = []
    private var machine = Table.describeMachine()
    private var date = ISO8601DateFormatter().string(from: Date())

    mutating func add(
        _ section: String, _ name: String, _ value: Double, _ unit: String, _ mark: Row.Mark? = nil,
        beside comparison: String? = nil
    ) {
        let row = Row(section: section, name: name, value: value, unit: unit, mark: mark, comparison: comparison)
        rows.append(row)
        say(zip(Self.columns(row), Self.widths).map { Self.pad($0, $1) }.joined(separator: "  "))
    }

    private static let widths = [9, 46, 18, 22, 4, 0]

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func columns(_ row: Row) -> [String] {
        let mark = row.mark.map { "\($0.isAtLeast ? "≥" : "≤") \(text($0.value)) \(row.unit)" } ?? ""
        let verdict = row.reached.map { $0 ? "yes" : "NO" } ?? ""
        return [row.section, row.name, "\(text(row.value)) \(row.unit)", mark, verdict, row.comparison ?? ""]
    }

    /// Three figures of it are all that a shared machine repeats.
    static func text(_ value: Double) -> String {
        switch value.magnitude {
        case 100...: String(format: "%.0f", value)
        case 10...: String(format: "%.1f", value)
        case 0: "0"
        default: String(format: value.magnitude < 0.1 ? "%.3f" : "%.2f", value)
        }
    }

    var markdown: String {
        let head = ["", "what", "measured", "must be", "is it", "beside"]
        let lines = [head, head.map { _ in "---" }] + rows.map(Self.columns)
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            return try encoder.encode(self)
        }
    }

    private static func describeMachine() -> String {
        let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
            .flatMap { $0.split(separator: ":").last }.map { $0.trimmingCharacters(in: .whitespaces) }
        return "\(ProcessInfo.processInfo.activeProcessorCount) x \(model ?? "processor")"
    }
}

/// One line on standard output, at once.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
