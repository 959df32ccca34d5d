import Foundation
import Glibc
import VTEnrich
import VTEnrichCore

/// What the rows are made of.
extension StatusText {
    func row(_ name: String, _ phrases: [Phrase]) -> [String] {
        terminal.flow(Phrase(name, .bold), indent: Self.indent, phrases)
    }

    /// With commas between them.
    func list(_ phrases: [Phrase], end: String = "") -> [Phrase] {
        phrases.enumerated().map { Phrase($1.text + ($0 < phrases.count - 1 ? "," : end), $1.style) }
    }

    func words(_ text: String, _ style: Terminal.Style = .plain) -> [Phrase] {
        printable(text).split(separator: " ").map { Phrase(String($0), style) }
    }

    /// A number that should be 0.
    func zero(_ value: Int, _ what: String) -> Phrase {
        Phrase("\(number(value)) \(what)", value == 0 ? .plain : .bad)
    }

    func padded(_ text: String, _ width: Int) -> String {
        terminal.paint(text, .bold) + String(repeating: " ", count: max(0, width - text.count))
    }

    func local(_ time: String) -> String {
        RFC3339.seconds(time).map { LocalTime.text($0, now: now) } ?? printable(time)
    }

    func until(_ time: String) -> String {
        RFC3339.seconds(time).map { $0 > now ? "in \(span($0 - now))" : "now" } ?? "?"
    }
}

/// `12,345`.
func number(_ value: Int) -> String {
    let digits = String(abs(value))
    let groups = digits.enumerated().map { index, digit in
        (index > 0 && (digits.count - index) % 3 == 0 ? "," : "") + String(digit)
    }
    return (value < 0 ? "-" : "") + groups.joined()
}

/// Times as the operator's clock shows them.
enum LocalTime {
    /// `18:02` today, `Sat 18:02` within a week, `Dec 1` in this year, else `2027-01-01`.
    static func text(_ wall: Double, now: Double) -> String {
        let (time, today) = (parts(wall), parts(now))
        if time.tm_year == today.tm_year, time.tm_yday == today.tm_yday { return format("%H:%M", time) }
        if abs(wall - now) < 6 * 86_400 { return format("%a %H:%M", time) }
        return format(time.tm_year == today.tm_year ? "%b %-d" : "%Y-%m-%d", time)
    }

    private static func parts(_ wall: Double) -> tm {
        var (time, parts) = (time_t(wall), tm())
        localtime_r(&time, &parts)
        return parts
    }

    private static func format(_ format: String, _ time: tm) -> String {
        var (time, buffer) = (time, [CChar](repeating: 0, count: 64))
        let count = strftime(&buffer, buffer.count, format, &time)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
