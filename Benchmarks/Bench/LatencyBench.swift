import Foundation
import Glibc
import Support

extension Work {
    /// Append to datagram of a known address.
    func latency(_ table: inout Table) async throws {
        let site = try Site(cached: 1_000)
        site.receiver.noteArrivals()
        try site.start()
        let file = try AppendingFile(site.manager.alertsPath)
        var number = 0
        // The first ones wait for the start.
        _ = try appendOne(file, &number)
        _ = try site.waitForEvents(1)
        let idle = try measure(site, file, &number, count: scaled(50, 200, 500), every: 0.05)
        let busy = try measure(site, file, &number, count: scaled(2_000, 10_000, 60_000), every: 0.001)
        try await site.stop()
        for (name, times) in [("20 alerts/s", idle), ("1,000 alerts/s", busy)] {
            table.add("latency", "p50 at \(name)", at(0.5, times) * 1_000, "ms", .atMost(5))
            table.add("latency", "p99 at \(name)", at(0.99, times) * 1_000, "ms", .atMost(25))
        }
    }

    /// Lag while a file grows by 100 MB in a second and is rotated every 30: of a marked alert each 10 ms, from append to
    /// datagram. The others are not wanted.
    func follow(_ table: inout Table) async throws {
        let site = try Site(cached: 1_000, ["filters": "[{level: 15}]"])
        site.receiver.noteArrivals()
        let folder = site.manager.alertsPath.dropLast("/alerts.json".count)
        let writer = AlertsWriter(folder: String(folder), now: wallSeconds())
        let marked = String(decoding: sample.line(0, address: 1), as: UTF8.self)
            .replacing(/"level":[0-9]+/, with: "\"level\":15", maxReplacements: 1)
        try site.start()
        writer.appendRaw(marked)
        _ = try site.waitForEvents(1)

        let seconds = scaled(10.0, 70.0, 300.0)
        // 1 MB in each hundredth of a second, whole lines.
        let block = Array(repeatElement(sample.bytes, count: max(1, 1_000_000 / sample.bytes.count)).joined())
        var sent: [Int: Double] = [:]
        let start = monotonicSeconds()
        var (number, written, rotatedAt, rotations) = (0, 0, start, 0)
        while case let now = monotonicSeconds(), now - start < seconds {
            let due = Int((now - start) * 1e8)
            guard written < due else {
                usleep(1_000)
                continue
            }
            number += 1
            writer.appendRaw(block)
            sent[number] = monotonicSeconds()
            writer.appendRaw(marked.replacing("1795280117.0\"", with: "1795280117.\(number)\"", maxReplacements: 1))
            written += block.count
            if now - rotatedAt > min(30, seconds / 3) {
                writer.rotateSize()
                (rotatedAt, rotations) = (now, rotations + 1)
            }
        }
        let rate = Double(written) / (monotonicSeconds() - start) / 1e6
        _ = try site.waitForEvents(number + 1)
        let usage = try site.usage
        try await site.stop()
        let arrivals = site.receiver.arrivals
        let times = sent.compactMap { number, time in arrivals[number].map { $0 - time } }
        table.add("follow", "written, \(rotations) rotations", rate, "MB/s", .atLeast(scaled(0, 95, 95)))
        table.add("follow", "lag p50", at(0.5, times) * 1_000, "ms")
        table.add("follow", "lag p99", at(0.99, times) * 1_000, "ms")
        table.add("follow", "most lag", at(1, times) * 1_000, "ms")
        table.add("follow", "processor", usage.cpu / seconds * 100, "%")
        table.add("follow", "peak memory", Double(usage.peakMemory) / 1_048_576, "MiB", .atMost(64))
    }

    private func appendOne(_ file: AppendingFile, _ number: inout Int) throws -> (number: Int, at: Double) {
        number += 1
        file.append(sample.line(number, address: number % 1_000))
        let now = monotonicSeconds()
        file.flush()
        return (number, now)
    }

    private func measure(
        _ site: Site, _ file: AppendingFile, _ number: inout Int, count: Int, every interval: Double
    ) throws -> [Double] {
        let before = site.receiver.count
        var sent: [(number: Int, at: Double)] = []
        let start = monotonicSeconds()
        for turn in 0..<count {
            let wait = start + Double(turn) * interval - monotonicSeconds()
            if wait > 0 { usleep(UInt32(wait * 1e6)) }
            sent.append(try appendOne(file, &number))
        }
        _ = try site.waitForEvents(before + count)
        let arrivals = site.receiver.arrivals
        return sent.compactMap { sent in arrivals[sent.number].map { $0 - sent.at } }
    }

    private func at(_ share: Double, _ values: [Double]) -> Double {
        values.isEmpty ? .infinity : values.sorted()[Int(Double(values.count - 1) * share)]
    }
}
