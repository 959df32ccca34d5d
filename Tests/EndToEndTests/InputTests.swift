import Foundation
import Support
import Testing
import VTEnrich

/// What is no alert is counted, and the line behind it is taken all the same.
struct InputTests {
    private enum Counter {
        case matched, malformed, oversize, withoutAddress

        func value(in follower: StatusReport.Follower) -> Int {
            switch self {
            case .matched: follower.matched
            case .malformed: follower.malformed
            case .oversize: follower.oversize
            case .withoutAddress: follower.withoutAddress
            }
        }
    }

    private struct Line: CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        /// What it moves, by one.
        var counter: Counter
        /// Whether it gives an event, with the alert id 7.1.
        var isTaken: Bool

        init(_ name: String, _ bytes: some Sequence<UInt8>, _ counter: Counter, isTaken: Bool = false) {
            (testDescription, self.bytes, self.counter, self.isTaken) = (name, Array(bytes), counter, isTaken)
        }

        init(_ name: String, _ text: some StringProtocol, _ counter: Counter, isTaken: Bool = false) {
            self.init(name, text.utf8, counter, isTaken: isTaken)
        }
    }

    private static let address = "45.9.148.1"
    private static let alert = TemporaryManager.alert(id: "7.1", srcip: address)

    private static func srcip(_ json: String) -> String {
        alert.replacing(#""data":{"srcip":"\#(address)"}"#, with: #""data":{"srcip":\#(json)}"#)
    }

    private static let lines: [Line] = [
        Line("garbage", "no JSON at all", .malformed),
        Line("an array", "[1,2,3]", .malformed),
        Line("half an alert", String(alert.prefix(100)), .malformed),
        Line("10 MB of garbage", [UInt8](repeating: 0x78, count: 10_000_000), .oversize),
        Line(
            "an alert of 10 MB",
            alert.replacing("sshd: Failed", with: String(repeating: "x", count: 10_000_000)), .oversize),
        Line("bytes that are no UTF-8", [0xff, 0xfe, 0x00, 0x80, 0xc3], .malformed),
        Line(
            "an alert with bytes that are no UTF-8",
            Array(alert.utf8.prefix { $0 != UInt8(ascii: "F") }) + [0xff, 0xc3, 0x80]
                + Array(alert.utf8.drop { $0 != UInt8(ascii: "F") }), .matched, isTaken: true),
        Line("NUL bytes", [UInt8](repeating: 0, count: 5_000), .malformed),
        Line(
            "10,000 levels",
            alert.dropLast() + #","x":"# + String(repeating: "[", count: 10_000)
                + String(repeating: "]", count: 10_000) + "}", .malformed),
        Line("srcip is a number", srcip("759993345"), .withoutAddress),
        Line("srcip is an object", srcip(#"{"ip":"\#(address)"}"#), .withoutAddress),
        Line("srcip is null", srcip("null"), .withoutAddress),
        Line("srcip is an array of private ones", srcip(#"["10.0.0.1","::1"]"#), .withoutAddress),
        Line(
            "srcip is an array with a public one", srcip(#"["10.0.0.1",["x"],"\#(address)"]"#), .matched, isTaken: true
        ),
        Line("srcip is 1 MB", srcip("\"" + String(repeating: "4", count: 1_000_000) + "\""), .withoutAddress),
        Line("F07 half an alert and a whole one", alert.prefix(200) + alert, .malformed, isTaken: true),
    ]

    @Test(arguments: lines)
    private func `T21 F08 a bad line is counted, and the next one taken`(line: Line) async throws {
        let site = try Installation(alerts: Alerts.line(1) + "\n")
        let daemon = try await site.start()
        try await site.received(1)
        appendToFile(site.manager.alertsPath, line.bytes + [0x0a])
        site.manager.append(Alerts.line(2))
        try await site.received(line.isTaken ? 3 : 2)
        #expect(site.receivedIDs.sorted() == [Alerts.id(1), Alerts.id(2)] + (line.isTaken ? ["7.1"] : []))
        // Two good ones were matched before and behind it.
        let before = line.counter == .matched ? 2 : 0
        try await eventually("it is counted") {
            line.counter.value(in: try await site.status().follower) == before + 1
        }
        #expect(try await site.status().health == .healthy)
        #expect(Set(site.virusTotal.requests.map(\.target)).count == (line.isTaken ? 3 : 2))
        #expect(try await site.stop(daemon) == 0)
    }
}
