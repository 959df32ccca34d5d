import Support
import Testing

@testable import VTEnrichCore

/// Any bytes as a line of alerts.json: both readers agree, nothing hides behind the cheap test, and only public addresses
/// come out.
struct LineFuzzTests {
    private static let selectors: [AlertSelector] = [
        [], [AlertFilter(groups: ["sshd"])], [AlertFilter(ruleIDs: [5710...5710]), AlertFilter(groups: ["vt_ip"])],
        [AlertFilter(level: 5)], [AlertFilter(location: LocationPattern("^/var/log/auth"))],
    ].map { AlertSelector(SelectionSettings(filters: $0)) }

    @Test func `F08 scanner and decoder agree on damaged lines`() {
        var scanned = 0
        let faults = Fuzz("lines", seeds: AlertLines.all, pieces: AlertLines.pieces).run(cases: 2_500) { line in
            let (fast, slow) = readings(line)
            if let fast {
                scanned += 1
                guard fast == slow else { return .fault("the scanner reads \(fast), the decoder \(slow)") }
            }
            let selector = Self.selectors[line.count % Self.selectors.count]
            let shape = (fast == nil ? 0 : 1) + (Int.bitWidth - line.count.leadingZeroBitCount) * 2
            return line.withUnsafeBytes { Self.examine($0, by: selector, shape: shape) }
        }
        #expect(faults == [])
        #expect(scanned > 250, "too few mutants were JSON to prove anything")
    }

    /// Goes through the line as the follower does.
    private static func examine(
        _ line: UnsafeRawBufferPointer, by selector: AlertSelector, shape: Int
    ) -> Fuzz.Reading {
        var rest = line
        var kind = shape
        for _ in 0...line.count {
            let found = selector.examine(rest)
            guard isSound(found, in: rest) else { return .fault("of \(rest.count) bytes: \(found)") }
            if found.outcome == .unwanted, hides(rest, from: selector) { return .fault("the cheap test turns it away") }
            kind = kind &* 31 &+ self.kind(of: found)
            guard let next = found.next else { return .sound(kind: kind) }
            rest = UnsafeRawBufferPointer(rebasing: rest[next...])
        }
        return .fault("never comes to its end")
    }

    private static func isSound(_ found: Examination, in line: UnsafeRawBufferPointer) -> Bool {
        guard found.damagedPrefix < max(1, line.count), found.next.map({ (1...line.count).contains($0) }) ?? true else {
            return false
        }
        guard case .taken(_, let address) = found.outcome else { return true }
        return address.isPublic && address.unwrapped == address && IPAddress(address.description) == address
    }

    /// A line that the full path would have taken. Two locations are the one exception that `LinePrefilter` names.
    private static func hides(_ line: UnsafeRawBufferPointer, from selector: AlertSelector) -> Bool {
        switch selector.examineWhole(line).outcome {
        case .unwanted, .malformed: false
        default: String(decoding: line, as: UTF8.self).ranges(of: #""location":"#).count < 2
        }
    }

    private static func kind(of found: Examination) -> Int {
        let outcome =
            switch found.outcome {
            case .unwanted: 0
            case .excluded: 1
            case .ownEvent(let id): id == nil ? 2 : 3
            case .feedback: 4
            case .noAddress(let alert): 5 + alert.addressFields.count
            case .taken(let alert, _): 1_000 + alert.addressFields.count * 32 + alert.rule.groups.count
            case .malformed(let reason): 100_000 + reason.utf8.reduce(0) { $0 &* 31 &+ Int($1) } % 10_000
            }
        return outcome * 4 + (found.damagedPrefix > 0 ? 2 : 0) + (found.next != nil ? 1 : 0)
    }
}
