import Foundation
import Glibc
import VTEnrich
import VTEnrichCore

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
        heading + [""] + follower + queue + quota + cache + provider
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
        if pending > 0, let clears = report.queue.clearsAt {
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

    // MARK: Stages

    private var follower: [String] {
        let follower = report.follower
        var place = [Phrase(printable(follower.path))]
        if follower.waitingForFile == true { place.append(Phrase("(waiting for the file)", .warn)) }
        if follower.paused == true { place.append(Phrase("(paused: queue.max_pending alerts wait)", .warn)) }
        if follower.polling == true { place.append(Phrase("(polled: no inotify)", .warn)) }
        var behind = [Phrase("position unknown")]
        if let lag = follower.lagBytes {
            behind = [Phrase("\(byteText(lag)) behind", lag > 1_000_000 ? .warn : .plain)]
            if let offset = follower.offset { behind.append(Phrase("at \(number(offset))")) }
        } else if let offset = follower.offset {
            behind = [Phrase("stopped at \(number(offset))")]
        }
        return row("follower", place)
            + row(
                "",
                list(
                    behind + [
                        zero(follower.bytesLost, "bytes lost"), zero(follower.truncations, "truncations"),
                        Phrase("\(number(follower.rotations)) rotations"),
                    ]))
            + row(
                "",
                list([
                    Phrase("\(number(follower.linesRead)) lines: \(number(follower.matched)) taken"),
                    Phrase("\(number(follower.withoutAddress)) of them without a public address"),
                    zero(follower.malformed, "malformed"), zero(follower.oversize, "oversize"),
                ]))
    }

    private var queue: [String] {
        let queue = report.queue
        guard queue.pending > 0 else { return row("queue", [Phrase("0 waiting", .good)]) }
        var phrases = [Phrase("\(number(queue.pending)) alerts of \(number(queue.waitingIps)) addresses")]
        if let oldest = queue.oldestSeconds { phrases.append(Phrase("the oldest for \(span(Double(oldest)))")) }
        if let clears = queue.clearsAt { phrases.append(Phrase("clear \(local(clears)) (\(until(clears)))", .bold)) }
        var lines = row("queue", list(phrases))
        if let ages = queue.ages {
            let names = [("60s", "below 1 min"), ("15m", "15 min"), ("1h", "1 h"), ("6h", "6 h"), ("older", "older")]
            lines += row(
                "", [Phrase("waiting", .faint)] + list(names.map { Phrase("\($1) \(number(ages[$0] ?? 0))") }))
        }
        return lines
    }

    private var quota: [String] {
        let quota = report.quota
        let windows = [("minute", quota.minute), ("day", quota.day), ("month", quota.month)]
        let used = windows.map { "\(number($0.1.used))/\(number($0.1.limit))" }
        let widest = used.map(\.count).max() ?? 0
        let room = (terminal.width ?? Terminal.usualWidth) - Self.indent - 8 - widest - 32
        var lines: [String] = []
        for (index, (name, window)) in windows.enumerated() {
            let share = window.limit > 0 ? Double(window.used) / Double(window.limit) : 0
            let style: Terminal.Style = name == "minute" ? .plain : share >= 1 ? .bad : share >= 0.9 ? .warn : .good
            let bar = terminal.bar(share, width: min(40, max(8, room)), style)
            let resets = window.resetsAt.map { "  resets \(local($0)) (\(until($0)))" } ?? ""
            lines.append(
                padded(index == 0 ? "quota" : "", Self.indent) + padded(name, 7) + bar + " "
                    + String(repeating: " ", count: widest - used[index].count) + used[index]
                    + terminal.paint(resets, .faint))
        }
        if let others = quota.dayByOthers, others > 0 {
            lines += row("", [Phrase("\(number(others)) of the day spent by others with this key", .warn)])
        }
        if quota.closed == true { lines += row("", [Phrase("closed for now: VirusTotal said 429", .warn)]) }
        return lines
    }

    private var cache: [String] {
        let cache = report.cache
        let classes = cache.byVerdict.sorted { $0.value > $1.value }.map { Phrase("\(number($0.value)) \($0.key)") }
        let asked = cache.hits + cache.misses
        let saved = cache.hits > 0 ? " (\(cache.hits * 100 / asked) % answered by it)" : ""
        return row(
            "cache", [Phrase("\(number(cache.entries)) addresses" + (classes.isEmpty ? "" : ":"))] + list(classes))
            + row(
                "",
                list([
                    Phrase("\(number(cache.hits)) hits"), Phrase("\(number(cache.misses)) misses\(saved)"),
                    Phrase("\(number(cache.staleServed)) served stale"),
                ]))
    }

    private var provider: [String] {
        let provider = report.provider
        var phrases = [
            Phrase(provider.state ?? "not known while it is stopped", provider.state == "ok" ? .good : .warn)
        ]
        if let last = provider.lastOk { phrases.append(Phrase("last answer \(local(last))")) }
        if let p50 = provider.latencyMsP50, let p95 = provider.latencyMsP95 {
            phrases.append(Phrase("\(Int(p50.rounded())) ms (p50), \(Int(p95.rounded())) ms (p95)"))
        }
        if provider.pivotRefused == true { phrases.append(Phrase("no communicating files with this key")) }
        let error = provider.lastError.map { row("", [Phrase("last error:")] + words($0)) } ?? []
        return row("provider", list(phrases)) + error
    }

    private func sink(_ name: String, _ sink: StatusReport.Sink) -> [String] {
        let waiting = sink.waiting == 0 ? Phrase("0 waiting") : Phrase("\(number(sink.waiting)) waiting", .warn)
        var phrases = [Phrase("\(number(sink.sent)) sent"), waiting, zero(sink.dropped, "dropped")]
        if name == "analysisd" {
            phrases += [
                Phrase("\(number(sink.confirmed)) confirmed"), zero(sink.unconfirmed, "unconfirmed"),
                zero(sink.repeated, "repeated"), Phrase("\(number(sink.retries)) retries"),
            ]
        } else {
            phrases = [waiting]
        }
        let error = sink.lastError.map { row("", [Phrase("last error:")] + words($0)) } ?? []
        return row(name, list(phrases)) + error
    }

    private var rateLines: [String] {
        rates.map { row("rates", list($0.phrases)) } ?? []
    }

    // MARK: Pieces

    private func row(_ name: String, _ phrases: [Phrase]) -> [String] {
        terminal.flow(Phrase(name, .bold), indent: Self.indent, phrases)
    }

    /// With commas between them.
    private func list(_ phrases: [Phrase], end: String = "") -> [Phrase] {
        phrases.enumerated().map { Phrase($1.text + ($0 < phrases.count - 1 ? "," : end), $1.style) }
    }

    private func words(_ text: String, _ style: Terminal.Style = .plain) -> [Phrase] {
        printable(text).split(separator: " ").map { Phrase(String($0), style) }
    }

    /// A number that should be 0.
    private func zero(_ value: Int, _ what: String) -> Phrase {
        Phrase("\(number(value)) \(what)", value == 0 ? .plain : .bad)
    }

    private func padded(_ text: String, _ width: Int) -> String {
        terminal.paint(text, .bold) + String(repeating: " ", count: max(0, width - text.count))
    }

    private func local(_ time: String) -> String {
        RFC3339.seconds(time).map { LocalTime.text($0, now: now) } ?? printable(time)
    }

    private func until(_ time: String) -> String {
        RFC3339.seconds(time).map { $0 > now ? "in \(span($0 - now))" : "now" } ?? "?"
    }

    static func duration(_ seconds: Int) -> String { span(Double(seconds)) }
}

/// `12,345`.
func number(_ value: Int) -> String {
    let digits = String(abs(value))
    let groups = digits.enumerated().map { index, digit in
        (index > 0 && (digits.count - index) % 3 == 0 ? "," : "") + String(digit)
    }
    return (value < 0 ? "-" : "") + groups.joined()
}

/// Times as the operator's clock shows them.
enum LocalTime {
    /// `18:02` today, `Sat 18:02` within a week, `Dec 1` in this year, else `2027-01-01`.
    static func text(_ wall: Double, now: Double) -> String {
        let (time, today) = (parts(wall), parts(now))
        if time.tm_year == today.tm_year, time.tm_yday == today.tm_yday { return format("%H:%M", time) }
        if abs(wall - now) < 6 * 86_400 { return format("%a %H:%M", time) }
        return format(time.tm_year == today.tm_year ? "%b %-d" : "%Y-%m-%d", time)
    }

    private static func parts(_ wall: Double) -> tm {
        var (time, parts) = (time_t(wall), tm())
        localtime_r(&time, &parts)
        return parts
    }

    private static func format(_ format: String, _ time: tm) -> String {
        var (time, buffer) = (time, [CChar](repeating: 0, count: 64))
        let count = strftime(&buffer, buffer.count, format, &time)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
