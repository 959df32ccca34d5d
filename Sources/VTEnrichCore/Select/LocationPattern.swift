/// integratord's pattern language for `event_location` (OSMatch, `wazuh.md` §1.1): `!` in front negates, `|` separates
/// alternatives, `^` and `$` anchor, anything else is a substring; never case-sensitive.
package struct LocationPattern: Sendable, Equatable {
    /// As the administrator wrote it.
    package let text: String
    private let negated: Bool
    private let alternatives: [Alternative]

    private struct Alternative: Sendable, Equatable {
        var lowercased: [UInt8]
        var atStart: Bool
        var atEnd: Bool
    }

    package init(_ text: String) {
        self.text = text
        negated = text.utf8.first == UInt8(ascii: "!")
        let body = text.utf8.dropFirst(negated ? 1 : 0)
        alternatives = body.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).map { part in
            let atStart = part.first == UInt8(ascii: "^")
            let rest = atStart ? part.dropFirst() : part
            let atEnd = rest.last == UInt8(ascii: "$")
            return Alternative(
                lowercased: (atEnd ? rest.dropLast() : rest).map(lowercasedASCII), atStart: atStart, atEnd: atEnd)
        }
    }

    /// Only ASCII letters lose their case. An alert without a location never gets here: it fails.
    package func matches(_ location: String) -> Bool {
        var location = location
        return location.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    func matches(_ location: UnsafeRawBufferPointer) -> Bool {
        alternatives.contains { Self.matches($0, location) } != negated
    }

    private static func matches(_ alternative: Alternative, _ location: UnsafeRawBufferPointer) -> Bool {
        let wanted = alternative.lowercased
        let last = location.count - wanted.count
        guard last >= 0 else { return false }
        func matches(at start: Int) -> Bool {
            for offset in wanted.indices where lowercasedASCII(location[start + offset]) != wanted[offset] {
                return false
            }
            return true
        }
        switch (alternative.atStart, alternative.atEnd) {
        case (true, true): return last == 0 && matches(at: 0)
        case (true, false): return matches(at: 0)
        case (false, true): return matches(at: last)
        case (false, false): return (0...last).contains(where: matches)
        }
    }
}
