/// Times as text, UTC, seconds since 1970.
package enum RFC3339 {
    /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z: what the four digits of a year can say.
    package static let range = -62_135_596_800...253_402_300_799

    /// `2025-12-04T16:45:36+00:00`, as the reference writes VirusTotal's dates. Outside `range`, its nearest end.
    package static func text(_ seconds: Int) -> String {
        let seconds = min(max(seconds, range.lowerBound), range.upperBound)
        let date = UTCDate(wall: Double(seconds))
        let ofDay = (seconds % 86_400 + 86_400) % 86_400
        return String(unsafeUninitializedCapacity: 25) { buffer in
            write(date.year, digits: 4, at: 0, to: buffer)
            write(date.month, digits: 2, at: 5, to: buffer)
            write(date.day, digits: 2, at: 8, to: buffer)
            write(ofDay / 3_600, digits: 2, at: 11, to: buffer)
            write(ofDay / 60 % 60, digits: 2, at: 14, to: buffer)
            write(ofDay % 60, digits: 2, at: 17, to: buffer)
            for (offset, mark) in zip([4, 7, 10, 13, 16], "--T::".utf8) { buffer[offset] = mark }
            for (offset, mark) in zip(19..., "+00:00".utf8) { buffer[offset] = mark }
            return 25
        }
    }

    private static func write(_ value: Int, digits: Int, at offset: Int, to buffer: UnsafeMutableBufferPointer<UInt8>) {
        var value = value
        for position in stride(from: offset + digits - 1, through: offset, by: -1) {
            buffer[position] = UInt8(ascii: "0") + UInt8(value % 10)
            value /= 10
        }
    }

    /// `2025-12-05T09:30:00Z`, with a fraction or any offset (`+01:00`, and Wazuh's `+0100`); nil when it is not that.
    package static func seconds(_ text: String) -> Double? {
        var rest = Array(text.utf8)[...]
        guard let year = takeNumber(4, from: &rest), take("-", from: &rest),
            let month = takeNumber(2, from: &rest), take("-", from: &rest),
            let day = takeNumber(2, from: &rest), take("Tt ", from: &rest),
            let hour = takeNumber(2, from: &rest), take(":", from: &rest),
            let minute = takeNumber(2, from: &rest), take(":", from: &rest),
            let second = takeNumber(2, from: &rest),
            let fraction = takeFraction(from: &rest), let offset = takeOffset(from: &rest), rest.isEmpty,
            hour < 24, minute < 60, second <= 60, let days = daysSince1970(year, month, day)
        else { return nil }
        return Double(days * 86_400 + hour * 3_600 + minute * 60 + second - offset) + fraction
    }

    private static func takeNumber(_ digits: Int, from rest: inout ArraySlice<UInt8>) -> Int? {
        var number = 0
        for byte in rest.prefix(digits) {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        guard rest.count >= digits else { return nil }
        rest = rest.dropFirst(digits)
        return number
    }

    private static func take(_ marks: String, from rest: inout ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first, marks.utf8.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func takeFraction(from rest: inout ArraySlice<UInt8>) -> Double? {
        guard take(".", from: &rest) else { return 0 }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : Double("0." + String(decoding: digits.prefix(9), as: UTF8.self))
    }

    /// Seconds east of UTC.
    private static func takeOffset(from rest: inout ArraySlice<UInt8>) -> Int? {
        if take("Zz", from: &rest) { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard take("+-", from: &rest), let hours = takeNumber(2, from: &rest) else { return nil }
        _ = take(":", from: &rest)
        guard let minutes = takeNumber(2, from: &rest), hours < 24, minutes < 60 else { return nil }
        return (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
    }

    /// nil for a date that the calendar does not have.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1...12).contains(month), (1...31).contains(day), year >= 1 else { return nil }
        // Years begin in March here, so that the leap day is a year's last.
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
        let date = UTCDate(daysSince1970: days)
        return date == UTCDate(year: year, month: month, day: day) ? days : nil
    }
}
