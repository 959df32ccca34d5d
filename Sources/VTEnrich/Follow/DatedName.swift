/// `2026/Nov/ossec-alerts-21.json`, `…-21-003.json`: what analysisd names a generation below the folder of `alerts.json`,
/// as a value that sorts in the order of writing (`wazuh.md` §2, F42). Pure: it is read from text alone.
struct DatedName: Hashable, Comparable, Sendable {
    let year: Int
    /// 1...12.
    let month: Int
    let day: Int
    /// 0: the first file of the day; `-001` is 1.
    let sequence: Int

    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let prefix = "ossec-alerts-"

    init?(year: Int, month: Int, day: Int, sequence: Int = 0) {
        guard (1...12).contains(month), (1...31).contains(day), sequence >= 0 else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.sequence = sequence
    }

    /// The path below the folder, without `.gz`.
    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = Self.year(parts[0]), let month = Self.month(parts[1]) else { return nil }
        self.init(year: year, month: month, file: parts[2])
    }

    /// A file name in the folder of its month, without `.gz`.
    init?(year: Int, month: Int, file: Substring) {
        guard file.hasPrefix(Self.prefix), file.hasSuffix(".json") else { return nil }
        let parts = file.dropFirst(Self.prefix.count).dropLast(5).split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts[0].count == 2, let day = Self.digits(parts[0]) else { return nil }
        var sequence = 0
        if parts.count == 2 {
            guard parts[1].count >= 3, let number = Self.digits(parts[1]), number > 0 else { return nil }
            sequence = number
        }
        self.init(year: year, month: month, day: day, sequence: sequence)
    }

    static func year(_ text: Substring) -> Int? { text.count == 4 ? digits(text) : nil }

    static func month(_ text: Substring) -> Int? { months.firstIndex { $0 == text }.map { $0 + 1 } }

    private static func digits(_ text: Substring) -> Int? {
        guard text.count <= 9, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    var path: String {
        let suffix = sequence == 0 ? "" : "-" + Self.padded(sequence, to: 3)
        return
            "\(Self.padded(year, to: 4))/\(Self.months[month - 1])/\(Self.prefix)\(Self.padded(day, to: 2))\(suffix).json"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    static func < (left: DatedName, right: DatedName) -> Bool {
        (left.year, left.month, left.day, left.sequence) < (right.year, right.month, right.day, right.sequence)
    }

    /// Days since 1970-01-01, proleptic Gregorian.
    var dayNumber: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// What is missing between two neighbours of a listing: "2 days", "2 files of the same day"; nil: nothing (F41).
    static func gap(from earlier: DatedName, to later: DatedName) -> String? {
        let days = later.dayNumber - earlier.dayNumber
        if days > 1 { return days == 2 ? "1 day" : "\(days - 1) days" }
        guard days == 0, later.sequence - earlier.sequence > 1 else { return nil }
        let files = later.sequence - earlier.sequence - 1
        return files == 1 ? "1 file of the same day" : "\(files) files of the same day"
    }
}
