import Foundation
import Support
import Testing
import VTEnrich

struct DoorbellTests {
    @Test(.timeLimit(.minutes(1)))
    func `a wait with a limit ends, however early the limit comes`() async {
        await withTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    let bell = Doorbell()
                    for _ in 0..<5_000 { await bell.wait(atMost: 1e-10) }
                }
            }
        }
    }

    @Test func `a ring before the wait is heard, and rings count as one`() async {
        let bell = Doorbell()
        bell.ring()
        bell.ring()
        await bell.wait(atMost: nil)
        let late = Task { await bell.wait(atMost: nil) }
        bell.ring()
        await late.value
    }

    @Test func `a limit holds after others that were longer or shorter, rung or not`() async {
        let bell = Doorbell()
        for seconds in [3_600, 0.01, 3_600, 0.02, 3_600] {
            if seconds > 1 {
                let waiting = Task { await bell.wait(atMost: seconds) }
                bell.ring()
                await waiting.value
            } else {
                let start = monotonicSeconds()
                await bell.wait(atMost: seconds)
                #expect(monotonicSeconds() - start >= seconds)
            }
        }
    }

    /// A daemon under load is rung a thousand times a second, and waits up to an hour each time.
    @Test func `waits that were rung before their time leave nothing behind`() async throws {
        func memory() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
            return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
        }
        let bell = Doorbell()
        func waits(_ count: Int) async {
            for _ in 0..<count {
                async let rings: Void = bell.ring()
                await bell.wait(atMost: 3_600)
                await rings
            }
        }
        await waits(1_000)
        let before = try memory()
        await waits(400_000)
        // Half a KiB each would be 200 MiB, for an hour; what other tests of this process need goes away.
        try await eventually("no more memory than before") { try memory() - before < 120_000 }
    }
}
