import VTEnrich

/// How fast things go, from two reports some seconds apart.
struct StatusRates: Equatable {
    /// Each per second.
    var lines: Double
    var taken: Double
    var sent: Double
    var queue: Double
    /// Per minute.
    var lookups: Double

    /// nil when the counters are not of one daemon's life, or no time passed.
    init?(from earlier: StatusReport, to later: StatusReport, seconds: Double) {
        let lines = later.follower.linesRead - earlier.follower.linesRead
        guard seconds > 0.1, lines >= 0, later.pid == earlier.pid else { return nil }
        func sent(_ report: StatusReport) -> Int { report.output.values.map(\.sent).reduce(0, +) }
        self.lines = Double(lines) / seconds
        taken = Double(later.follower.matched - earlier.follower.matched) / seconds
        self.sent = Double(sent(later) - sent(earlier)) / seconds
        queue = Double(later.queue.pending - earlier.queue.pending) / seconds
        // Over midnight the day's count begins anew.
        lookups = Double(max(0, later.quota.day.used - earlier.quota.day.used)) / seconds * 60
    }

    var phrases: [Phrase] {
        [
            Phrase("\(Self.text(lines)) lines/s"), Phrase("\(Self.text(taken)) taken/s"),
            Phrase("\(Self.text(lookups)) lookups/min"), Phrase("\(Self.text(sent)) events/s"),
            Phrase("queue \(queue > 0 ? "+" : "")\(Self.text(queue))/s", queue > 0 ? .warn : .plain),
        ]
    }

    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        guard abs(tenths) < 1_000 else { return number(Int(value.rounded())) }
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
