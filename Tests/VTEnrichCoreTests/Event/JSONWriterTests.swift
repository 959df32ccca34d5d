import Foundation
import Testing
import VTEnrichCore

private func decimal(_ value: Double) -> String {
    var json = JSONWriter()
    json.decimal(value)
    return String(decoding: json.bytes, as: UTF8.self)
}

private func string(_ text: String, limit: Int = .max, room: Int = .max) -> String {
    var json = JSONWriter()
    json.string(text, limit: limit, room: room)
    return String(decoding: json.bytes, as: UTF8.self)
}

struct JSONWriterTests {
    @Test(arguments: [
        (0.15, "0.1"), (0.25, "0.2"), (0.35, "0.3"), (0.05, "0.1"), (0.75, "0.8"), (12, "12.0"), (90.00001, "90.0"),
        (138.65, "138.7"), (-0.01, "-0.0"), (-2.25, "-2.2"), (1e14, "100000000000000.0"), (.nan, "0.0"),
        (.infinity, "0.0"), (1e18, "1000000000000000000.0"),
    ])
    func `a decimal is rounded from its binary value`(value: Double, text: String) {
        #expect(decimal(value) == text)
    }

    @Test func `decimals are printf's on ties, near them, and anywhere`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let near = Double(Int.random(in: -2_000_000...2_000_000, using: &generator)) / 20
            let anywhere = Double.random(in: -1e6...1e6, using: &generator)
            for value in [near, near.nextUp, near.nextDown, anywhere] {
                let expected = String(format: "%.1f", value)
                guard decimal(value) != expected else { continue }
                Issue.record("\(value.debugDescription): \(decimal(value)), not \(expected)")
                return
            }
        }
    }

    @Test func `every character is read back as it was, NUL as U+FFFD`() throws {
        var text = "é 😀 \u{2028} \u{7f}"
        for value in UInt8(1)..<128 { text.unicodeScalars.append(Unicode.Scalar(value)) }
        #expect(JSONValue(parsing: Array(string(text).utf8)) == .text(text))
        #expect(string("a\u{0}b") == "\"a\u{FFFD}b\"")
        #expect(string("\u{1}\u{1f}\t\"\\") == #""\u0001\u001f\t\"\\""#)
    }

    @Test(arguments: [
        (5, 100, #""aüb""#), (4, 100, #""aüb""#), (3, 100, #""aü""#), (2, 100, #""a""#), (0, 100, #""""#),
        (9, 6, #""aüb""#), (9, 5, #""aü""#), (9, 4, #""a""#), (9, 3, #""a""#), (9, 2, #""""#),
    ])
    func `a cut falls between characters`(limit: Int, room: Int, expected: String) {
        #expect(string("aüb", limit: limit, room: room) == expected)
    }
}

struct RFC3339Tests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2025-12-05T09:30:00+00:00", 1_764_927_000),
        ("2025-12-05T10:30:00.25+01:00", 1_764_927_000.25), ("2025-12-05T05:00:00-0430", 1_764_927_000),
        ("2024-02-29 00:00:00z", 1_709_164_800), ("1969-12-31T23:59:59Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func `a time is read in UTC`(text: String, seconds: Double) {
        #expect(RFC3339.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "now", "2025-12-05", "2025-12-05T09:30:00", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z",
        "2025-12-05T24:00:00Z", "2025-12-05T09:60:00Z", "2025-12-05T09:30:00+25:00", "2025-12-05T09:30:00.Z",
        "2025-12-05T09:30:00Zx", "٢٠٢٥-12-05T09:30:00Z", "0000-01-01T00:00:00Z",
    ])
    func `anything else is no time`(text: String) {
        #expect(RFC3339.seconds(text) == nil)
    }

    @Test func `what is written is read back`() {
        for _ in 0..<2_000 {
            let seconds = Int.random(in: RFC3339.range)
            let text = RFC3339.text(seconds)
            #expect(RFC3339.seconds(text) == Double(seconds), "\(text)")
        }
        #expect(RFC3339.text(1_764_866_736) == "2025-12-04T16:45:36+00:00")
        #expect(RFC3339.text(.max) == "9999-12-31T23:59:59+00:00")
    }
}
