import VTEnrichCore

/// Numbers and times as the report shows them.
enum Figures {
    /// `12,345`.
    static func count(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `1 alert`, `2 alerts`.
    static func count(_ number: Int, _ thing: String, _ things: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? thing : things ?? thing + "s")"
    }

    /// `17 %`; what is not nothing is not `0 %`, and what is not all not `100 %`.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let percent = Double(part) * 100 / Double(whole)
        if part > 0, percent < 1 { return "< 1 %" }
        if part < whole, percent > 99 { return "> 99 %" }
        return "\(Int(percent.rounded())) %"
    }

    /// `21 Nov`.
    static func date(_ wall: Double) -> String {
        let date = UTCDate(wall: wall)
        return "\(date.day) \(months[date.month - 1])"
    }

    /// `21 Nov 2026`.
    static func longDate(_ wall: Double) -> String { "\(date(wall)) \(UTCDate(wall: wall).year)" }

    /// `09:30`.
    static func time(_ wall: Double) -> String {
        let minutes = Int((wall / 60).rounded(.down)) % 1_440
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Where gridlines stand: up to five round numbers from 0 on, the last one not below `highest`.
    static func ticks(upTo highest: Int) -> [Int] {
        var (scale, factor) = (1, 1)
        while scale * factor * 4 < highest {
            switch factor {
            case 1: factor = 2
            case 2: factor = 5
            default: (scale, factor) = (scale * 10, 1)
            }
        }
        let step = scale * factor
        return (0...4).map { $0 * step }.filter { $0 - step < highest }
    }
}
