import Foundation
import Support

extension Work {
    /// What it costs while nothing happens, to start, and to keep.
    func idle(_ table: inout Table) async throws {
        let site = try Site(cached: 1_000)
        try sample.write(to: site.manager.alertsPath, count: 1_000, addresses: 1_000)
        try site.start()
        _ = try site.waitForEvents(1_000)
        // What was begun ends: the write-ahead log is written back within ten seconds.
        try await Task.sleep(for: .seconds(12))
        let (before, start) = (try site.usage, monotonicSeconds())
        try await Task.sleep(for: .seconds(scaled(10, 60, 300)))
        let (after, seconds) = (try site.usage, monotonicSeconds() - start)
        try await site.stop()
        table.add("idle", "processor", (after.cpu - before.cpu) / seconds * 100, "%", .atMost(0.2))
        table.add("idle", "wake-ups", Double(after.sleeps - before.sleeps) / seconds, "/s")
        table.add("idle", "written to the disk", Double(after.written - before.written), "bytes", .atMost(0))
        table.add("idle", "resident memory at most", Double(after.peakMemory) / 1_048_576, "MiB", .atMost(64))

        let binary = try Program("vtenrichd").path
        let help = try Command.best(of: 10, binary, ["--help"])
        table.add("start", "vtenrichd --help", help.wall * 1_000, "ms", .atMost(30))
        let size = try FileManager.default.attributesOfItem(atPath: binary)[.size] as? Int ?? 0
        table.add("start", "binary", Double(size) / 1_048_576, "MiB")
        let folder = try TemporaryFolder()
        if (try? Command.run("/usr/bin/strip", ["-o", folder["stripped"], binary])) != nil {
            let size = try FileManager.default.attributesOfItem(atPath: folder["stripped"])[.size] as? Int ?? 0
            table.add("start", "binary, stripped as in the package", Double(size) / 1_048_576, "MiB")
        }
    }
}
