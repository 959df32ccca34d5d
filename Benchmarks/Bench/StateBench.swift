import Foundation
import Support
import VTEnrich
import VTEnrichCore

extension Work {
    /// The state by itself, as its stages call it.
    func state(_ table: inout Table) throws {
        let folder = try TemporaryFolder()
        let store = try Store(directory: folder.path)
        let mark = store.sentMark(sink: "analysisd")
        try mark.prepare()
        let notes = scaled(20_000, 200_000, 1_000_000)
        let noting = try time { for number in 0..<notes { try mark.note(Int64(number)) } }
        table.add("state", "notes of a send", Double(notes) / noting, "/s", .atLeast(20_000))
        let commits = scaled(1_000, 5_000, 20_000)
        let committing = try time {
            for number in 0..<commits { try accept(-number - 1..<(-number), store) }
        }
        table.add("state", "commits, an alert each", Double(commits) / committing, "/s")

        let alerts = scaled(20_000, 200_000, 1_000_000)
        for step in 1...3 {
            let range = alerts * (step - 1) / 3..<alerts * step / 3
            let seconds = try time { try accept(range, store) }
            table.add("state", "accepted with \(range.lowerBound) waiting", Double(range.count) / seconds, "alerts/s")
        }
        try store.flush()
        table.add("state", "file with \(alerts) alerts waiting", try megabytes(folder), "MiB")

        for count in scaled([1_000, 10_000, 100_000], [10_000, 100_000, 1_000_000], [100_000, 1_000_000, 10_000_000]) {
            try cache(count, &table)
        }
    }

    private func accept(_ range: Range<Int>, _ store: Store) throws {
        for first in stride(from: range.lowerBound, to: range.upperBound, by: 500) {
            var batch = AcceptBatch()
            batch.sources = (first..<min(first + 500, range.upperBound)).map { source($0) }
            try store.accept(batch, now: wallSeconds())
        }
    }

    private func source(_ number: Int) -> EventSource {
        let address = IPAddress(SampleAlerts.address(number % 50_000)) ?? .v4(0)
        return EventSource(
            eventID: EventID.make(
                key: [1], origin: "manager", alertID: "\(number)", timestamp: "now", address: address),
            address: address, alertID: "1795280117.\(number)", timestamp: "2026-11-21T16:55:17.550+0000",
            ruleID: "5760",
            level: 5, ruleDescription: "sshd: authentication failed.", ruleGroups: ["syslog", "sshd"], manager: "vm",
            location: "/var/log/auth.log",
            fullLog: "Feb 12 00:54:38 honey sshd[9829]: Failed password for root from 46.8.70.149 port 52982 ssh2")
    }

    /// Opening, reading and forgetting, by the number of verdicts (T17).
    private func cache(_ count: Int, _ table: inout Table) throws {
        let site = try Site(cached: count)
        var opened: Store?
        let opening = try time { opened = try Store(directory: site.manager.statePath) }
        guard let store = opened else { return }
        let lookups = 5_000
        let reading = try time {
            for number in 0..<lookups {
                let address = IPAddress(SampleAlerts.address(number &* 7_919 % count)) ?? .v4(0)
                _ = try store.cachedVerdict(for: address)
            }
        }
        var (steps, commits): ([Double], [Double]) = ([], [])
        var number = 0
        let later = wallSeconds() + 1e7
        for _ in 0..<min(500, count / 1_000) {
            steps.append(try time { _ = try store.prune(now: later, PruningSettings(maxStale: 0)) })
            commits.append(try time { try accept(number..<number + 1, store) })
            number += 1
        }
        table.add("state", "\(count) verdicts: opened in", opening * 1_000, "ms")
        table.add("state", "  read one", reading / Double(lookups) * 1e6, "µs")
        table.add("state", "  forget 1,000, p99", worst(steps) * 1_000, "ms")
        table.add("state", "  a commit between, p99", worst(commits) * 1_000, "ms", .atMost(50))
        table.add("state", "  file", try megabytes(site.manager.folder, "state/"), "MiB")
    }

    private func worst(_ values: [Double]) -> Double { values.sorted()[Int(Double(values.count - 1) * 0.99)] }

    private func time(_ body: () throws -> Void) rethrows -> Double {
        let start = monotonicSeconds()
        try body()
        return monotonicSeconds() - start
    }

    private func megabytes(_ folder: TemporaryFolder, _ prefix: String = "") throws -> Double {
        let file = folder[prefix + "state.db"]
        return Double(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0) / 1_048_576
    }
}
