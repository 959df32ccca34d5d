import Testing

@testable import VTEnrichCore

private let whole = AlertLines.real
private let selector = AlertSelector(SelectionSettings())
/// Wants the tail alone, so that the cheap test sees a head it would turn away.
private let picky = AlertSelector(SelectionSettings(filters: [AlertFilter(ruleIDs: [99_999...99_999])]))
private let tail = Array(
    #"{"timestamp":"2026-09-11T10:20:31.482+0200","rule":{"level":9,"id":"99999","groups":["x"]},"id":"7.7","full_log":"say {\"timestamp\":\"x\"}","data":{"timestamp":"2026","srcip":"9.9.9.9"},"location":"l"}"#
        .utf8)

private func examine(_ line: [UInt8], _ selector: AlertSelector = selector) -> Examination {
    line.withUnsafeBytes { selector.examine($0) }
}

private func alertID(_ examination: Examination) -> String? {
    switch examination.outcome {
    case .taken(let alert, _), .noAddress(let alert): alert.id
    default: nil
    }
}

@Suite struct `Lines that a crash glued together` {
    @Test func `F07 the complete alert is taken wherever the head before it was torn`() {
        for head in [whole[0], AlertLines.others[1], AlertLines.others[2]] {
            for cut in 1..<head.count {
                let line = head[..<cut] + tail
                for selector in [selector, picky] {
                    let found = examine(Array(line), selector)
                    #expect(alertID(found) == "7.7")
                    #expect(found.damagedPrefix == cut)
                    #expect(found.next == nil)
                }
            }
        }
    }

    @Test func `F07 a head that ends inside a string, an escape or a character gives nothing of itself`() {
        for head in [
            #"{"timestamp":"2026"#, #"{"timestamp":"2026","full_log":"a \"#, #"{"timestamp":"2026","full_log":"a \u00"#,
        ] {
            #expect(alertID(examine(Array(head.utf8) + tail)) == "7.7")
        }
        #expect(alertID(examine(Array(#"{"timestamp":"20","full_log":"caf"#.utf8) + [0xc3] + tail)) == "7.7")
    }

    @Test func `F07 three glued alerts give the last one`() {
        let heads = whole[1][..<200] + whole[2][..<300]
        let found = examine(Array(heads + tail))
        #expect(alertID(found) == "7.7")
        #expect(found.damagedPrefix == 500)
    }

    @Test func `F07 two complete alerts are both taken, when only the newline between them was lost`() {
        let first = AlertLines.others[1]
        var line = first + tail
        let found = examine(line)
        #expect(alertID(found) == "1789114862.490020")
        #expect(found.damagedPrefix == 0)
        #expect(found.next == first.count)
        line.removeFirst(found.next ?? 0)
        #expect(alertID(examine(line)) == "7.7")
        // The cheap test must not judge the line by its first alert.
        #expect(examine(first + tail, picky) == Examination(outcome: .unwanted, next: first.count))
    }

    @Test func `F07 a complete alert before a torn one is not lost with it`() {
        let line = whole[0] + whole[1][..<100] + tail
        let found = examine(line)
        #expect(found.next == whole[0].count)
        let rest = examine(Array(line.dropFirst(found.next ?? 0)))
        #expect(alertID(rest) == "7.7")
        #expect(rest.damagedPrefix == 100)
    }

    @Test func `F07 text inside strings does not begin an alert`() {
        let inner = String(decoding: tail, as: UTF8.self)
            .replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        // The head is torn after text that reads like an alert, and nothing complete follows.
        let torn = Array(#"{"timestamp":"2026","rule":{"id":"1"},"full_log":"\#(inner)"#.utf8)
        let found = examine(torn)
        #expect(found == Examination(outcome: .malformed("is not valid JSON")))
        #expect(alertID(examine(torn + tail)) == "7.7")
        #expect(examine(torn + tail).damagedPrefix == torn.count)
    }

    @Test func `F07 an object inside an alert is not taken for one`() {
        let torn = Array(AlertLines.others[1].dropLast(1))
        #expect(examine(torn) == Examination(outcome: .malformed("is not valid JSON")))
    }

    @Test func `F08 nested starts in a torn line cost no square of its length`() {
        let piece = #"{"timestamp":"a","b":"#
        let line = Array(String(repeating: piece, count: 50_000).utf8)
        #expect(examine(line).outcome == .malformed("nests too deep"))
    }

    @Test func `F08 a line of very many objects costs no square of its length`() {
        let line = Array(String(repeating: #"{"timestamp":"a","rule":{}}"#, count: 20_000).utf8)
        line.withUnsafeBytes { bytes in
            var start = 0
            var found = 0
            while true {
                let examination = selector.examine(UnsafeRawBufferPointer(rebasing: bytes[start...]))
                found += 1
                guard let next = examination.next else { break }
                start += next
            }
            #expect(found == 20_000)
        }
    }
}
