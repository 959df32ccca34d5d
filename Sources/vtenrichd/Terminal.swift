import Foundation
import Glibc

/// What standard output can show: colour on a terminal only, lines of its width, block characters in UTF-8 only.
struct Terminal: Equatable {
    var isTerminal = false
    var hasColour = false
    /// Columns of a line; nil: nobody looks at a width.
    var width: Int?
    var height: Int?
    var isUnicode = true

    static let usualWidth = 80
    static var standardOutput: Terminal {
        Terminal(descriptor: STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
    }

    init() {}

    init(descriptor: Int32, environment: [String: String]) {
        isTerminal = isatty(descriptor) == 1
        let isDumb = environment["TERM"].map { $0.isEmpty || $0 == "dumb" } ?? true
        // no-color.org: present and not empty.
        hasColour = isTerminal && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C.UTF-8"
        let charset = locale.uppercased()
        isUnicode = charset.contains("UTF-8") || charset.contains("UTF8")
        var size = winsize()
        if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            width = max(40, Int(size.ws_col))
            height = Int(size.ws_row)
        } else if isTerminal {
            width = Self.usualWidth
        }
    }

    /// Colours by their meaning.
    enum Style: Int {
        case plain = 0
        case bold = 1
        case faint = 2
        case bad = 31
        case good = 32
        case warn = 33
    }

    func paint(_ text: String, _ style: Style) -> String {
        guard hasColour, style != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(style == .bad ? "1;31" : "\(style.rawValue)")m\(text)\u{1B}[0m"
    }
}

/// A piece of text that is not broken over lines where that can be helped.
struct Phrase: Equatable {
    var text: String
    var style = Terminal.Style.plain

    init(_ text: String, _ style: Terminal.Style = .plain) {
        self.text = text
        self.style = style
    }
}

extension Terminal {
    /// Phrases one after the other behind a heading, in as many lines as the width asks for, each below the first phrase.
    func flow(_ heading: Phrase, indent: Int, _ phrases: [Phrase]) -> [String] {
        let room = max(20, (width ?? .max) - indent)
        var lines: [String] = []
        let gap = String(repeating: " ", count: max(1, indent - heading.text.count))
        var (line, used) = (paint(heading.text, heading.style) + gap, 0)
        for phrase in phrases.flatMap({ pieces($0, room) }) {
            if used > 0, used + 1 + phrase.text.count > room {
                lines.append(line)
                (line, used) = (String(repeating: " ", count: indent), 0)
            }
            line += (used > 0 ? " " : "") + paint(phrase.text, phrase.style)
            used += phrase.text.count + (used > 0 ? 1 : 0)
        }
        return lines + [line]
    }

    /// A phrase as words where it is longer than a line, and a word in parts where even that is.
    private func pieces(_ phrase: Phrase, _ room: Int) -> [Phrase] {
        guard phrase.text.count > room else { return [phrase] }
        return phrase.text.split(separator: " ").flatMap { word in
            var (parts, rest) = ([Phrase](), word)
            while rest.count > room {
                parts.append(Phrase(String(rest.prefix(room)), phrase.style))
                rest = rest.dropFirst(room)
            }
            return parts + [Phrase(String(rest), phrase.style)]
        }
    }

    /// A bar of `width` columns, filled by `share` in 0...1; what is not nothing shows at least one block.
    func bar(_ share: Double, width: Int, _ style: Style) -> String {
        let filled = share <= 0 ? 0 : min(width, max(1, Int((share * Double(width)).rounded())))
        let (full, empty) = isUnicode ? ("█", "░") : ("#", ".")
        return paint(String(repeating: full, count: filled), style)
            + paint(String(repeating: empty, count: width - filled), .faint)
    }
}
