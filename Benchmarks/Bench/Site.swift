import Foundation
import GRDB
import Glibc
import Support
import VTEnrich
import VTEnrichCore

/// A manager's folder with a state that knows addresses already, the receiver and the daemon.
final class Site {
    let manager: TemporaryManager
    let receiver: Receiver
    private(set) var daemon: RunningProgram?

    /// - Parameters:
    ///   - cached: how many addresses have a fresh verdict, from number 0 on.
    ///   - changes: of the configuration, as for `TemporaryManager.configure`.
    init(cached: Int, _ changes: [String: String] = [:]) throws {
        manager = try TemporaryManager(alerts: "")
        receiver = try Receiver(path: manager.socketPath)
        // Nobody is there, and nobody is asked.
        let own = ["output.analysisd.max_per_second": "0"]
        try manager.configure(virusTotal: "http://127.0.0.1:9", own.merging(changes) { $1 })
        try Self.fill(manager.statePath, cached)
    }

    deinit { receiver.stop() }

    /// Verdicts as lookups leave them, with facts of the usual size.
    private static func fill(_ directory: String, _ count: Int) throws {
        _ = try Store(directory: directory)
        let facts = ReputationFacts(
            stats: .init(malicious: 11, suspicious: 2, harmless: 58, undetected: 23, total: 94), enginesMalicious: 11,
            enginesSuspicious: 2, reputation: -3, tags: ["scanner"], lastAnalysisDate: Int(wallSeconds()) - 60_480,
            country: "US", owner: "HURRICANE", asn: "6939", network: "20.0.0.0/8")
        let encoded = try JSONEncoder().encode(facts)
        let now = wallSeconds()
        let database = try DatabaseQueue(path: directory + "/state.db")
        for first in stride(from: 0, to: count, by: 100_000) {
            try database.write { db in
                try db.execute(
                    sql: """
                        WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                        INSERT INTO verdict (address, class, facts, fetched_at, expires_at, repeated)
                        SELECT printf('20.%d.%d.%d', i / 65536 % 256, i / 256 % 256, i % 256),
                            'malicious', ?, ?, ?, 1 FROM n
                        """, arguments: [first, min(count, first + 100_000) - 1, encoded, now, now + 864_000])
            }
        }
        try database.close()
    }

    func start() throws {
        daemon = try manager.start()
    }

    /// - Returns: seconds until the receiver has `count` events.
    func waitForEvents(_ count: Int, within seconds: Double = 900) throws -> Double {
        let start = monotonicSeconds()
        while receiver.count < count {
            guard monotonicSeconds() - start < seconds, daemon?.status == nil else {
                throw Command.Failed(description: "\(receiver.count) of \(count) events came: \(manager.log)")
            }
            usleep(2_000)
        }
        return monotonicSeconds() - start
    }

    func stop() async throws {
        daemon?.send(SIGTERM)
        _ = try await daemon?.exitStatus()
    }

    /// What the daemon has taken of the machine since its start.
    var usage: Usage {
        get throws { try Usage(of: daemon?.processID ?? 0) }
    }
}

/// From `/proc`, of a process that runs.
struct Usage {
    /// User and system time, seconds, by all threads.
    var cpu = 0.0
    /// The most resident memory, bytes.
    var peakMemory = 0
    /// Times that a thread went to sleep.
    var sleeps = 0
    /// Bytes that it caused to be written to a disk.
    var written = 0

    init(of process: Int32) throws {
        let folder = "/proc/\(process)"
        peakMemory = try Self.number("VmHWM:", in: "\(folder)/status") * 1024
        written = try Self.number("write_bytes:", in: "\(folder)/io")
        for thread in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/task") {
            let task = "\(folder)/task/\(thread)"
            sleeps += (try? Self.number("voluntary_ctxt_switches:", in: "\(task)/status")) ?? 0
        }
        let stat = try String(contentsOfFile: "\(folder)/stat", encoding: .utf8)
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = fields.dropFirst(12).prefix(2).compactMap { Double($0) }.reduce(0, +)
        cpu = ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func number(_ key: String, in path: String) throws -> Int {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let fields = lines.first { $0.hasPrefix(key) }?.split { $0 == " " || $0 == "\t" }
        return fields?.dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
