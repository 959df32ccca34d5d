import Foundation
import Support

extension Soak {
    /// F11, F38, F39: a rotation while the reader is far behind, while it is stopped, and with only the `.gz` left. One alert
    /// in each megabyte is taken, the others are real alerts of other rules.
    func backlog(gigabytes: Double) async throws -> Figures? {
        let site = try await LoadedManager(["filters": "[{rule_id: 5710}]"])
        let block = try await Self.otherAlerts()
        try await site.begin(perSecond: 10)

        site.signal(SIGSTOP)
        try await write(block, gigabytes: gigabytes, on: site)
        await site.writer.rotateSize()
        site.signal(SIGCONT)
        try await catchUp("rotated while \(gigabytes) GB behind", gigabytes: gigabytes, on: site)

        try await site.stop()
        try await write(block, gigabytes: gigabytes / 5, on: site)
        await site.writer.rotateDay()
        try site.start()
        try await catchUp("rotated while stopped", gigabytes: gigabytes / 5, on: site)

        try await site.stop()
        try await write(block, gigabytes: gigabytes / 5, on: site)
        let finished = await site.writer.perform { ($0.datedPath, $0.generation) }
        await site.writer.rotateDay()
        try await Self.compress(finished.0)
        try site.start()
        try await catchUp("with only the .gz left", gigabytes: gigabytes / 5, on: site)

        let figures = try await site.figures()
        try await site.stop()
        return figures
    }

    private func write(_ block: [UInt8], gigabytes: Double, on site: LoadedManager) async throws {
        await site.writer.perform { writer in
            for _ in 0..<Int(gigabytes * 1e9 / Double(block.count)) {
                writer.appendRaw(block)
                writer.append(1)
            }
        }
    }

    private func catchUp(_ what: String, gigabytes: Double, on site: LoadedManager) async throws {
        let start = monotonicSeconds()
        await site.writer.write(perSecond: 10)
        try await pause(2)
        try await site.drain()
        let seconds = monotonicSeconds() - start
        say(String(format: "%@: read after %.1f s, %.0f MB/s", what, seconds, gigabytes * 1000 / seconds))
    }

    /// About a megabyte of whole lines that no filter takes.
    private static func otherAlerts() async throws -> [UInt8] {
        let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("demo/sample-alerts.json.gz")
        let text = try await Program(at: "/bin/gzip").run(["-dc", sample.path]).standardOutput
            .replacing(#""id":"5710""#, with: #""id":"5711""#)
        let lines = Array(text.utf8)
        return Array(repeatElement(lines, count: max(1, 1_000_000 / lines.count)).joined())
    }

    /// As monitord does it, by a program of its own.
    private static func compress(_ path: String) async throws {
        _ = try await Program(at: "/bin/gzip").run(["-1", path], within: 600)
    }
}
