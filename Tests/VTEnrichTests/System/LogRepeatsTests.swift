import Foundation
import Logging
import Testing

@testable import VTEnrich

/// The log of a fault that comes again and again, and of texts that are not ours.
struct LogRepeatsTests {
    private func message(
        _ text: String, level: Logger.Level = .warning, part: String = "scheduler"
    ) -> LogRepeats.Message {
        LogRepeats.Message(part: part, level: level, text: text)
    }

    /// Which of the messages go out.
    private func said(_ messages: [LogRepeats.Message], at now: Double, _ repeats: inout LogRepeats) -> [Bool] {
        messages.map { repeats.admit($0, now: now) }
    }

    @Test func `the same warning goes out once a minute, then with how often it came`() {
        var repeats = LogRepeats()
        let fault = message("the disk is full")
        #expect(said([fault, fault], at: 0, &repeats) == [true, false])
        for second in 2...59 { #expect(said([fault], at: Double(second), &repeats) == [false]) }
        var over = repeats.overdue(now: 59)
        #expect(over.isEmpty)
        over = repeats.overdue(now: 60)
        #expect(over.map(\.message) == [fault] && over.map(\.held) == [59])
        #expect(said([fault], at: 60, &repeats) == [true])
        over = repeats.overdue(now: 200)
        #expect(over.isEmpty)
    }

    @Test func `other texts, parts and levels go out, and what an administrator causes always`() {
        var repeats = LogRepeats()
        let different = [message("a"), message("b"), message("a", level: .error), message("a", part: "follower")]
        #expect(said(different, at: 0, &repeats) == [true, true, true, true])
        let refused = message("reload refused", level: .error, part: "daemon")
        let notice = message("a", level: .notice)
        #expect(said([refused, refused, notice, notice], at: 1, &repeats) == [true, true, true, true])
    }

    @Test func `ten thousand different faults are all said and not all remembered`() {
        var repeats = LogRepeats()
        let said = said((0..<10_000).map { message("\($0)") }, at: 0, &repeats)
        #expect(said.allSatisfy { $0 })
        #expect(self.said([message("0"), message("9999")], at: 1, &repeats) == [false, true])
    }

    @Test func `JSON stays the same value without anything a terminal obeys`() throws {
        let texts = ["\u{9B}31m", "\u{202E}abc", "\u{7F}", "\u{E0041}", "ä ö 日本 😀", "\u{2028}", "\"\\/\u{1B}]0;x\u{7}"]
        let json = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
        let safe = terminalSafe(json: json)
        #expect(try JSONDecoder().decode([String].self, from: Data(safe.utf8)) == texts)
        #expect(safe.contains("ä ö 日本 😀"))
        for scalar in safe.unicodeScalars {
            #expect(![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory))
        }
    }
}
