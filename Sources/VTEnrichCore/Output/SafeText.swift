/// Text of others made harmless for where it goes.
package enum SafeText {
    /// One line of at most `limit` bytes: what ends lines, turns their direction or cannot be seen becomes a space.
    package static func line(_ text: String, limit: Int = 512) -> String {
        let scalars = text.prefix(bytes: limit).unicodeScalars.map { isPlain($0) ? $0 : " " }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Several lines of at most `limit` bytes.
    package static func block(_ text: String, limit: Int) -> String {
        let scalars = text.prefix(bytes: limit).unicodeScalars.map { isPlain($0) || $0 == "\n" ? $0 : " " }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    // MARK: Markdown

    /// A code span: nothing in it is a link, an image, a heading or HTML. Its backticks are more than any run inside.
    package static func markdownSpan(_ text: String, limit: Int = 512) -> String {
        let line = line(text, limit: limit)
        guard line.contains(where: { $0 != " " }) else { return "`-`" }
        let fence = String(repeating: "`", count: longestRun(of: "`", in: line) + 1)
        let padding = line.hasPrefix("`") || line.hasSuffix("`") || line.hasPrefix(" ") ? " " : ""
        return fence + padding + line + padding + fence
    }

    /// A fenced block that its text cannot leave.
    package static func markdownFence(_ text: String, limit: Int) -> String {
        let block = block(text, limit: limit)
        let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: block) + 1))
        return "\(fence)\n\(block)\n\(fence)"
    }

    private static func longestRun(of mark: Character, in text: String) -> Int {
        var (longest, run) = (0, 0)
        for character in text {
            run = character == mark ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    // MARK: Slack

    /// `&`, `<` and `>` as entities: so `<!channel>` and `<http://…|text>` stay text (`outputs.md` §3).
    package static func slack(_ text: String, limit: Int) -> String {
        block(text, limit: limit).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(
            ">", with: "&gt;")
    }

    // MARK: JSON

    /// The inside of a JSON string.
    package static func json(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)
    }
}
