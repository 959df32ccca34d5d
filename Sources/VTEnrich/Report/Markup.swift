/// HTML or SVG text. Literals are the program's own; every `String` that is put into one is escaped, for text and for quoted
/// attributes alike, and there is no way round it. So outside text cannot break out, wherever it stands.
package struct Markup: Sendable, Equatable, ExpressibleByStringInterpolation {
    package private(set) var source: String

    package init(stringLiteral value: String) { source = value }
    package init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

    private init(source: String) { self.source = source }

    package static func + (left: Markup, right: Markup) -> Markup { Markup(source: left.source + right.source) }
    static func += (left: inout Markup, right: Markup) { left.source += right.source }

    package struct Interpolation: StringInterpolationProtocol {
        var source = ""

        package init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity) }
        package mutating func appendLiteral(_ literal: String) { source += literal }
        package mutating func appendInterpolation(_ literal: StaticString) { source += literal.description }
        package mutating func appendInterpolation(_ text: String) { source += Markup.escape(text) }
        package mutating func appendInterpolation(_ markup: Markup) { source += markup.source }
        package mutating func appendInterpolation(_ parts: [Markup]) {
            source += parts.map(\.source).joined(separator: "\n")
        }
        /// A number as HTML and SVG read it.
        package mutating func appendInterpolation(_ number: Int) { source += String(number) }
        /// A coordinate, in tenths.
        package mutating func appendInterpolation(_ number: Double) {
            let tenths = Int((number * 10).rounded())
            source += (tenths < 0 ? "-" : "") + "\(abs(tenths) / 10).\(abs(tenths) % 10)"
        }
    }

    /// Longer texts are cut: a page is for people.
    private static let maxCharacters = 200

    private static func escape(_ text: String) -> String {
        var escaped = ""
        let isLong = text.count > maxCharacters
        for character in printable(String(text.prefix(maxCharacters)) + (isLong ? "…" : "")) {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "`": escaped += "&#96;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
