import Foundation
import GRDB
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

private let size = ProcessInfo.processInfo.environment["VT_LARGE_STATE"].flatMap(Int.init) ?? 20_000

/// The state with very many verdicts: `VT_LARGE_STATE=10000000` for the size that the scenario names.
@OffPool @Suite struct `Large state` {
    @Test func `T17 verdicts are forgotten in small steps beside commits, and the file grows no more`() throws {
        let folder = try TemporaryFolder()
        try fill(try Store(directory: folder.path))
        let started = monotonicSeconds()
        let store = try Store(directory: folder.path)
        let opened = monotonicSeconds() - started
        let bytes = try fileSize(folder)
        var settings = PruningSettings(maxStale: 0)
        settings.seenAge = 1e9
        // One after the other, as the writer's queue runs them: a commit waits for one step at most.
        var (steps, commits): ([Double], [Double]) = ([], [])
        var (more, number) = (true, 0)
        while more {
            steps.append(try seconds { more = try store.prune(now: 1e9, settings) })
            number += 1
            commits.append(
                try seconds {
                    var batch = AcceptBatch()
                    batch.sources = [.sample(number, address: "9.9.9.9")]
                    try store.accept(batch, now: 1e9)
                })
            if number % 20 == 0 { try store.flush() }
        }
        #expect(try store.cacheStats(now: 0).entries == 0)
        try fill(store)
        try store.flush()
        #expect(try fileSize(folder) <= bytes + bytes / 5 + 1_000_000)
        print(
            """
            T17 \(size) verdicts, \(bytes / 1_048_576) MiB: opened in \(text(opened)), a step p50 \(text(at(0.5, steps))), \
            p99 \(text(at(0.99, steps))), a commit p50 \(text(at(0.5, commits))), p99 \(text(at(0.99, commits)))
            """)
    }

    private func fill(_ store: Store) throws {
        for first in stride(from: 0, to: size, by: 100_000) {
            try store.write("filling") { db in
                try db.execute(
                    sql: """
                        WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                        INSERT INTO verdict (address, class, facts, fetched_at, expires_at)
                        SELECT printf('%d.%d.%d.%d', 20 + i / 16777216, i / 65536 % 256, i / 256 % 256, i % 256),
                            'unknown', zeroblob(300), 0, i FROM n
                        """, arguments: [first, min(size, first + 100_000) - 1])
            }
        }
    }

    private func fileSize(_ folder: TemporaryFolder) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: folder["state.db"])[.size] as? Int ?? 0
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let started = monotonicSeconds()
        try body()
        return monotonicSeconds() - started
    }

    private func at(_ share: Double, _ values: [Double]) -> Double {
        values.sorted()[Int(Double(values.count - 1) * share)]
    }

    private func text(_ seconds: Double) -> String { String(format: "%.1f ms", seconds * 1_000) }
}
