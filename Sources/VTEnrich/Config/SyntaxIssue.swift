import Yams

/// A YAML error as line, column and a sentence.
struct SyntaxIssue {
    private var line: Int?
    private var column: Int?
    private var message: String

    init(_ error: any Error, text: String) {
        switch error {
        case YamlError.reader(let problem, let offset, _, _):
            message = "not YAML: \(problem)"
            guard let offset else { return }
            let before = text.prefix(offset)
            line = before.count(where: \.isNewline) + 1
            column =
                (before.lastIndex(where: \.isNewline).map { before[before.index(after: $0)...] } ?? before)
                .unicodeScalars.count + 1
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            line = mark.line
            column = mark.column
            message = "not YAML: " + Self.sentence(problem: problem, context: context)
            if Self.character(at: mark, of: text) == "\t" { message += "; YAML indents with spaces, not tabs" }
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            message = "\(key.quotedForMessage) is given twice"
            if let second = Self.secondPlace(of: key, after: context.mark, in: text) {
                line = second
                column = context.mark.column
                message += ", first in line \(context.mark.line)"
            } else {
                line = context.mark.line
                column = context.mark.column
            }
        default:
            message = "not YAML: \(String(describing: error).quotedForMessage)"
        }
    }

    func issue(file: String) -> ConfigurationIssue {
        ConfigurationIssue(.error, file: file, line: line, column: column, message: message)
    }

    private static func sentence(problem: String, context: YamlError.Context?) -> String {
        if problem.hasPrefix("Maximum nesting level") { return "nested too deeply" }
        guard let context else { return problem }
        return "\(problem) (\(context.text), line \(context.mark.line))"
    }

    private static func character(at mark: Mark, of text: String) -> Unicode.Scalar? {
        let lines = text.split(separator: "\n", maxSplits: mark.line, omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        return lines[mark.line - 1].unicodeScalars.dropFirst(mark.column - 1).first
    }

    /// The line that repeats a key of a block mapping: the same text in the same column before the mapping ends. nil
    /// for a flow mapping.
    private static func secondPlace(of key: String, after mark: Mark, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated().dropFirst(mark.line) {
            let indent = line.unicodeScalars.prefix { $0 == " " }.count
            let content = line.unicodeScalars.dropFirst(indent)
            if content.isEmpty || content.first == "#" || indent > mark.column - 1 { continue }
            if indent < mark.column - 1 { return nil }
            if content.starts(with: "\(key):".unicodeScalars) { return index + 1 }
        }
        return nil
    }
}
