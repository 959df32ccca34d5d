import Foundation
import Support

extension Work {
    /// A backlog of alerts of which one in a hundred is wanted, of known addresses: the time until the last event, and the most
    /// memory.
    func catchUp(_ table: inout Table) async throws {
        for gigabytes in scaled([0.05, 0.1, 0.2], [0.5, 1, 2], [2.5, 5, 10]) {
            let wanted = "[{level: 15}]"
            let site = try Site(cached: 1_000, ["filters": wanted])
            let events = try write(site.manager.alertsPath, gigabytes)
            try site.start()
            let seconds = try site.waitForEvents(events)
            let usage = try site.usage
            try await site.stop()
            table.add("catch-up", "\(Table.text(gigabytes)) GB, \(events) wanted", seconds, "s")
            table.add(
                "catch-up", "  10 GB at this speed", seconds / gigabytes * 10, "s", .atMost(scaled(1e6, 60, 60)))
            table.add("catch-up", "  peak memory", Double(usage.peakMemory) / 1_048_576, "MiB", .atMost(64))
        }
    }

    /// - Returns: how many alerts are wanted.
    private func write(_ path: String, _ gigabytes: Double) throws -> Int {
        let file = try AppendingFile(path)
        let linesInSample = sample.bytes.count { $0 == UInt8(ascii: "\n") }
        var (written, number) = (0.0, 0)
        while written < gigabytes * 1e9 {
            file.append(sample.bytes)
            written += Double(sample.bytes.count)
            for _ in 0..<max(1, linesInSample / 100) {
                let line = String(decoding: sample.line(number, address: number % 1_000), as: UTF8.self)
                    .replacing(/"level":[0-9]+/, with: "\"level\":15", maxReplacements: 1)
                file.append(Array(line.utf8))
                number += 1
            }
        }
        file.flush()
        return number
    }
}
