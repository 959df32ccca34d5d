import Support
import Testing

@testable import VTEnrich
@testable import vtenrichd

/// The status for people: what it answers, and that it fits the terminal it is shown on.
struct StatusTextTests {
    private static let now = 1_764_927_000.0

    private static func terminal(width: Int?, colour: Bool = false) -> Terminal {
        var terminal = Terminal()
        (terminal.width, terminal.hasColour) = (width, colour)
        return terminal
    }

    private static func report(_ change: (inout StatusReport) -> Void = { _ in }) -> StatusReport {
        var report = StatusReport(
            health: .healthy, version: "0.1.0", config: .init(path: "/etc/vtenrichd/vtenrichd.yaml"),
            follower: .init(path: "/var/ossec/logs/alerts/alerts.json"))
        report.pid = 4_711
        report.uptimeSeconds = 300_000
        report.follower.offset = 1_234_567
        report.follower.lagBytes = 0
        report.follower.linesRead = 12_345
        report.queue = .init(
            pending: 1_204, waitingIps: 310, oldestSeconds: 7_800, clearsAt: "2025-12-05T11:30:00Z",
            ages: ["60s": 4, "15m": 100, "1h": 500, "6h": 600, "older": 0])
        report.quota.minute = .init(used: 4, limit: 4)
        report.quota.day = .init(used: 312, limit: 500, resetsAt: "2025-12-06T00:00:00Z")
        report.quota.month = .init(used: 3_021, limit: 15_500, resetsAt: "2026-01-01T00:00:00Z")
        report.provider.state = "ok"
        report.output = ["analysisd": .init(sent: 40), "file": .init(waiting: 7)]
        change(&report)
        return report
    }

    private static func text(_ report: StatusReport, width: Int? = nil) -> String {
        StatusText.render(report, on: terminal(width: width), now: now)
    }

    @Test func `the first line says whether it works, what waits until when, and what is lost`() {
        let healthy = Self.text(Self.report()).split(separator: "\n")[0]
        #expect(healthy.hasPrefix("HEALTHY     Follows and answers; 1,204 alerts wait, until "))
        #expect(healthy.hasSuffix(" at best; 0 lost."))
        let quiet = Self.text(Self.report { $0.queue = .init() })
        #expect(quiet.hasPrefix("HEALTHY     Follows and answers; nothing waits; 0 lost.\n"))
        #expect(quiet.contains("\nqueue       0 waiting\n"))
        let lost = Self.text(
            Self.report {
                $0.health = .degraded
                $0.problems = ["VirusTotal rejects the API key"]
                $0.follower.bytesLost = 12
                $0.output["analysisd"]?.dropped = 1
            }
        ).split(separator: "\n")[0]
        #expect(lost.hasSuffix("; lost: 12 bytes not read, 1 events dropped. VirusTotal rejects the API key"))
    }

    @Test func `several problems have a line each, and their text cannot reach the terminal`() {
        let text = Self.text(
            Self.report {
                $0.health = .failing
                $0.problems = ["the disk is full", "owner \u{1B}[2J\u{202E}\nX"]
                $0.provider.lastError = "\u{9B}31m"
                $0.output["analysisd"]?.lastError = "a\u{7}b"
            })
        #expect(text.hasPrefix("FAILING     No alert gets through;"))
        #expect(text.contains("\n  ! the disk is full\n  ! owner \\u{1b}[2J\\u{202e}\\u{a}X\n"))
        #expect(
            !text.unicodeScalars.contains { $0 != "\n" && [.control, .format].contains($0.properties.generalCategory) })
    }

    @Test(arguments: [40, 60, 79, 80, 100, 200])
    func `no line is wider than the terminal`(width: Int) {
        let long = String(repeating: "very/long/path/", count: 20)
        let reports = [
            Self.report(),
            Self.report {
                $0.follower.path = "/" + long
                $0.problems = [long, String(repeating: "many words ", count: 30)]
                $0.follower.waitingForFile = true
                $0.quota.dayByOthers = 12
                $0.quota.closed = true
                $0.cache.byVerdict = ["malicious": 12_345_678, "suspicious": 1_234_567, "unknown": 9, "not_found": 9]
            },
        ]
        for report in reports {
            let lines = Self.text(report, width: width).split(separator: "\n")
            let widest = lines.map(\.count).max() ?? 0
            // A bar needs its place: below 70 columns the line of a quota may be longer.
            #expect(width < 70 || widest <= width, "\(lines.first { $0.count > width } ?? "")")
            #expect(lines.filter { $0.count > width }.allSatisfy { $0.contains("░") || $0.contains("█") })
        }
    }

    @Test func `colour is for terminals, and says the same without`() {
        let report = Self.report { $0.follower.malformed = 3 }
        let plain = Self.text(report, width: 80)
        let coloured = StatusText.render(report, on: Self.terminal(width: 80, colour: true), now: Self.now)
        #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[1;31m3 malformed,\u{1B}[0m"))
        #expect(coloured.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == plain)
    }

    private static let environments: [([String: String], Bool)] = [
        (["TERM": "xterm", "LANG": "de_DE.UTF-8"], true), (["LC_ALL": "C", "LANG": "de_DE.UTF-8"], false),
        (["LANG": "en_US.utf8"], true), ([:], true), (["LANG": "POSIX"], false),
    ]

    @Test(arguments: environments)
    func `bars are of blocks in UTF-8 only, and a pipe has no colour`(environment: [String: String], isUnicode: Bool) {
        let terminal = Terminal(descriptor: -1, environment: environment)
        #expect(!terminal.isTerminal && !terminal.hasColour && terminal.width == nil)
        #expect(terminal.bar(0.5, width: 4, .good) == (isUnicode ? "██░░" : "##.."))
    }

    @Test(arguments: [(0.0, 0), (0.001, 1), (0.5, 5), (0.999, 10), (1.0, 10), (7.0, 10)])
    func `a bar shows what is not nothing, and never more than all`(share: Double, filled: Int) {
        let bar = Self.terminal(width: 80).bar(share, width: 10, .plain)
        #expect(bar.count == 10 && bar.count { $0 == "█" } == filled)
    }

    @Test func `rates come from two reports of one daemon`() throws {
        let earlier = Self.report()
        let later = Self.report {
            $0.follower.linesRead += 1_000
            $0.follower.matched += 25
            $0.quota.day.used += 2
            $0.queue.pending -= 100
            $0.output["analysisd"]?.sent += 125
        }
        let rates = try #require(StatusRates(from: earlier, to: later, seconds: 10))
        #expect(
            rates.phrases.map(\.text) == [
                "100 lines/s", "2.5 taken/s", "12.0 lookups/min", "12.5 events/s", "queue -10.0/s",
            ])
        #expect(StatusRates(from: earlier, to: Self.report { $0.pid = 1 }, seconds: 10) == nil)
        #expect(StatusRates(from: later, to: earlier, seconds: 10) == nil)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234")])
    func `numbers have their thousands apart`(value: Int, text: String) {
        #expect(number(value) == text)
    }
}
