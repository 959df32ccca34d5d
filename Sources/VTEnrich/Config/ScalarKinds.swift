import VTEnrichCore

/// The kinds of plain values: durations, sizes, numbers, choices. Each takes the text of the scalar as it is written; no
/// number or truth value of YAML is involved.

extension ValueKind where Value == Double {
    /// Seconds, written as whole `s`, `m`, `h` or `d`.
    static func duration(_ range: ClosedRange<Double>) -> ValueKind {
        .scalar("a duration such as 15s, 10m, 24h or 7d") { text throws(InvalidValue) in
            guard let unit = DurationText.units.first(where: { text.hasSuffix($0.suffix) }) else { throw .mismatch }
            let seconds = Double(try wholeNumber(text.dropLast())) * unit.seconds
            guard range.contains(seconds) else {
                throw .because(
                    "must be \(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound)), is \(text)"
                )
            }
            return seconds
        } write: {
            DurationText.text($0)
        }
    }

    static func number(_ range: ClosedRange<Double>) -> ValueKind {
        .scalar("a number") { text throws(InvalidValue) in
            guard let value = plainNumber(text) else { throw .mismatch }
            guard range.contains(value) else {
                throw .because("must be \(numberText(range.lowerBound)) to \(numberText(range.upperBound)), is \(text)")
            }
            return value
        } write: {
            numberText($0)
        }
    }
}

extension ValueKind where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> ValueKind {
        .scalar("a whole number") { text throws(InvalidValue) in
            let value = text.hasPrefix("-") ? -(try wholeNumber(text.dropFirst())) : try wholeNumber(text[...])
            guard range.contains(value) else {
                throw .because("must be \(range.lowerBound) to \(range.upperBound), is \(value)")
            }
            return value
        } write: {
            String($0)
        }
    }

    /// Bytes, written as `KiB`, `MiB`, `GiB`, or as a bare number of them.
    static func size(_ range: ClosedRange<Int>) -> ValueKind {
        .scalar("a size such as 64KiB or 4MiB") { text throws(InvalidValue) in
            let unit = SizeText.units.first { text.hasSuffix($0.suffix) }
            let count = try wholeNumber(text.dropLast(unit?.suffix.count ?? 0))
            let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
            guard !overflow, range.contains(bytes) else {
                throw .because(
                    "must be \(SizeText.text(range.lowerBound)) to \(SizeText.text(range.upperBound)), is \(text)")
            }
            return bytes
        } write: {
            SizeText.text($0)
        }
    }
}

extension ValueKind where Value == QuotaLimits.Reserve {
    static var reserve: ValueKind {
        .scalar("a share such as 10% or a count") { text throws(InvalidValue) in
            let isShare = text.hasSuffix("%")
            guard let number = plainNumber(isShare ? String(text.dropLast()) : text), number >= 0 else {
                throw .mismatch
            }
            guard !isShare || number <= 100 else { throw .because("must be 0% to 100%, is \(text)") }
            if isShare { return .percent(number) }
            guard number == number.rounded(), number <= 100_000_000 else { throw .mismatch }
            return .count(Int(number))
        } write: {
            switch $0 {
            case .percent(let share): numberText(share) + "%"
            case .count(let count): String(count)
            }
        }
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: ValueKind {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return .scalar("one of \(names)") { text throws(InvalidValue) in
            guard let value = Value(rawValue: text.lowercased()) else { throw .mismatch }
            return value
        } write: {
            $0.rawValue
        }
    }
}

/// Digits alone: `010` is ten, and neither `+1` nor `1_000` nor `0x10` is a number.
private func wholeNumber(_ text: Substring) throws(InvalidValue) -> Int {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        throw .mismatch
    }
    guard let value = Int(text), value < 1 << 53 else { throw .because("is too large a number") }
    return value
}

/// `-12` or `1.5`: no exponent, no infinity.
func plainNumber(_ text: String) -> Double? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) })
    else {
        return nil
    }
    return Double(text)
}

func numberText(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}

/// Seconds of a duration such as 12h; nil for what is none.
package func durationSeconds(_ text: String) -> Double? {
    guard let unit = DurationText.units.first(where: { text.hasSuffix($0.suffix) }),
        let number = UInt32(text.dropLast()), text.first != "+"
    else { return nil }
    return Double(number) * unit.seconds
}

enum DurationText {
    static let units: [(suffix: String, seconds: Double)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]

    /// In the largest unit that divides it into two or more, as people say 24h and 60s.
    static func text(_ seconds: Double) -> String {
        let unit =
            units.first { seconds >= 2 * $0.seconds && seconds.truncatingRemainder(dividingBy: $0.seconds) == 0 }
            ?? ("s", 1)
        return numberText(seconds / unit.seconds) + unit.suffix
    }
}

enum SizeText {
    static let units = [
        (suffix: "GiB", bytes: 1 << 30), (suffix: "MiB", bytes: 1 << 20), (suffix: "KiB", bytes: 1 << 10),
    ]

    static func text(_ bytes: Int) -> String {
        guard let unit = units.first(where: { bytes != 0 && bytes % $0.bytes == 0 }) else { return String(bytes) }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
