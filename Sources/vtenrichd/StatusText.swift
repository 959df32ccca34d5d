import VTEnrich

/// A status report for people: does it work, what was lost, when is the backlog gone.
struct StatusText {
    static let indent = 12

    let report: StatusReport
    let terminal: Terminal
    /// Wall clock.
    let now: Double
    /// For `--watch`.
    var rates: StatusRates?

    static func render(
        _ report: StatusReport, on terminal: Terminal, now: Double, rates: StatusRates? = nil
    ) -> String {
        StatusText(report: report, terminal: terminal, now: now, rates: rates).lines.joined(separator: "\n")
    }

    var lines: [String] {
        heading + [""] + follower + queue + quota + cluster + cache + provider + abuseIPDB
            + report.output.sorted { $0.key < $1.key }.flatMap { sink($0.key, $0.value) } + rateLines
    }

    // MARK: Health

    private var heading: [String] {
        let name = "\(report.health.rawValue.uppercased()) "
        let sentence = opening + losses + (report.problems.count == 1 ? problems : [])
        var lines = terminal.flow(Phrase(name, healthStyle), indent: Self.indent, sentence)
        if report.problems.count > 1 {
            for problem in report.problems {
                lines += terminal.flow(Phrase("  !", healthStyle), indent: 4, words(problem, .bold))
            }
        }
        return lines + row("", [Phrase(service, .faint)])
    }

    private var problems: [Phrase] { words(report.problems.first ?? "", .bold) }

    /// One sentence: what goes on, and until when.
    private var opening: [Phrase] {
        let pending = report.queue.pending
        var waiting =
            pending == 0 ? "nothing waits;" : "\(number(pending)) \(pending == 1 ? "alert waits" : "alerts wait");"
        if pending > 0, let clears = report.queue.clearsAt, canAsk {
            waiting = "\(waiting.dropLast()), until \(local(clears)) at best;"
        }
        let begin =
            switch report.health {
            case .healthy: "Follows and answers;"
            case .degraded: "Works, but not all of it;"
            case .failing: "No alert gets through;"
            case .stopped: "Not running (systemctl start vtenrichd);"
            }
        return [Phrase(begin), Phrase(waiting)]
    }

    /// False where waiting alone will not help.
    var canAsk: Bool { !["no_key", "key_rejected"].contains(report.provider.state) }

    /// What is gone for good.
    private var losses: [Phrase] {
        let follower = report.follower
        let dropped = report.output.values.map(\.dropped).reduce(0, +)
        let lost = [
            (follower.bytesLost, "bytes not read"), (follower.malformed + follower.oversize, "lines not understood"),
            (dropped, "events dropped"),
        ].filter { $0.0 > 0 }
        guard !lost.isEmpty else { return [Phrase("0 lost.", .good)] }
        return [Phrase("lost:", .bad)] + list(lost.map { Phrase("\(number($0.0)) \($0.1)", .bad) }, end: ".")
    }

    private var service: String {
        var parts = ["vtenrichd \(report.version)"]
        if let pid = report.pid { parts.append("pid \(pid)") }
        if let up = report.uptimeSeconds { parts.append("up \(span(Double(up)))") }
        if let loaded = report.config.loadedAt { parts.append("configured \(local(loaded))") }
        if let lost = report.logLinesLost, lost > 0 { parts.append("\(lost) log lines lost") }
        return parts.joined(separator: ", ")
    }

    private var healthStyle: Terminal.Style {
        switch report.health {
        case .healthy: .good
        case .degraded: .warn
        case .failing, .stopped: .bad
        }
    }
}
