import VTEnrich

/// A status report for people, 80 columns wide.
enum StatusText {
    static func render(_ report: StatusReport) -> String {
        var lines = ["vtenrichd \(report.version): \(report.health.rawValue)" + running(report)]
        lines += report.problems.map { "  ! \(printable($0))" }
        lines += follower(report.follower)
        lines += queue(report.queue)
        lines += quota(report.quota)
        lines += cache(report.cache)
        lines += provider(report.provider)
        lines += report.output.sorted { $0.key < $1.key }.flatMap { sink($0.key, $0.value) }
        return lines.joined(separator: "\n")
    }

    private static func running(_ report: StatusReport) -> String {
        guard let pid = report.pid else { return "" }
        return " (pid \(pid)" + (report.uptimeSeconds.map { ", up \(duration($0))" } ?? "") + ")"
    }

    private static func follower(_ follower: StatusReport.Follower) -> [String] {
        var lines = [row("follower", printable(follower.path))]
        let position =
            "at \(number(follower.offset)) of \(number(follower.size)) bytes, \(number(follower.lagBytes)) behind"
        lines.append(row("", follower.waitingForFile == true ? "waiting for the file" : position))
        lines.append(
            row(
                "",
                "\(follower.linesRead) lines, \(follower.matched) wanted, \(follower.withoutAddress) without a public address"
            ))
        lines.append(
            row(
                "",
                "\(follower.malformed) malformed, \(follower.oversize) oversize, \(follower.bytesLost) bytes lost, "
                    + "\(follower.rotations) rotations, \(follower.truncations) truncations"))
        return lines
    }

    private static func queue(_ queue: StatusReport.Queue) -> [String] {
        var text = "\(queue.pending) alerts of \(queue.waitingIps) addresses wait"
        if let oldest = queue.oldestSeconds { text += ", the oldest \(duration(oldest))" }
        if let clears = queue.clearsAt { text += "; clear by \(clears)" }
        return [row("queue", text)]
    }

    private static func quota(_ quota: StatusReport.Quota) -> [String] {
        let (minute, day, month) = (quota.minute, quota.day, quota.month)
        return [
            row(
                "quota",
                "minute \(minute.used)/\(minute.limit), day \(day.used)/\(day.limit), month \(month.used)/\(month.limit)"
            ),
            row("", "day resets \(day.resetsAt ?? "-"), month \(month.resetsAt ?? "-")"),
        ]
    }

    private static func cache(_ cache: StatusReport.Cache) -> [String] {
        let classes = cache.byVerdict.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return [
            row(
                "cache",
                "\(cache.entries) addresses" + (classes.isEmpty ? "" : " (" + classes.joined(separator: ", ") + ")")),
            row("", "\(cache.hits) hits, \(cache.misses) misses, \(cache.staleServed) stale"),
        ]
    }

    private static func provider(_ provider: StatusReport.Provider) -> [String] {
        var text = provider.state ?? "unknown"
        if let last = provider.lastOk { text += ", last answer \(last)" }
        if let p50 = provider.latencyMsP50, let p95 = provider.latencyMsP95 {
            text += ", \(Int(p50.rounded())) ms p50, \(Int(p95.rounded())) ms p95"
        }
        return [row("provider", text)] + (provider.lastError.map { [row("", "last error: \(printable($0))")] } ?? [])
    }

    private static func sink(_ name: String, _ sink: StatusReport.Sink) -> [String] {
        let text = "\(sink.sent) sent, \(sink.waiting) waiting, \(sink.dropped) dropped, \(sink.retries) retries"
        return [row(name, text)] + (sink.lastError.map { [row("", "last error: \(printable($0))")] } ?? [])
    }

    private static func row(_ name: String, _ text: String) -> String {
        name + String(repeating: " ", count: max(1, 11 - name.count)) + text
    }

    private static func number(_ value: Int?) -> String { value.map(String.init) ?? "?" }

    static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7_200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3_600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
