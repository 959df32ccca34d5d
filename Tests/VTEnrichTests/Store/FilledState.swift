import Foundation
import GRDB
import Logging
import Support
import VTEnrichCore

@testable import VTEnrich

/// A state directory with something in every table, to be damaged.
struct FilledState {
    let folder: TemporaryFolder
    let log = LogLines()

    var path: String { folder["state.db"] }

    /// What must not get lost.
    struct Content: Equatable {
        var pending: Set<String> = []
        var outbox: Set<String> = []
        var verdicts: Set<String> = []
        var seen: Set<String> = []
        var spent: [String: Int] = [:]
        var offset: UInt64?
        var key: [UInt8] = []
    }

    static let alertsPath = "/var/ossec/logs/alerts/alerts.json"
    static let checkpoint = Checkpoint(
        path: alertsPath, identity: FileIdentity(device: 1, inode: 2, birth: nil), offset: 4_711,
        head: Fingerprint(length: 3, digest: "a"), marker: Fingerprint(length: 3, digest: "b"), savedAt: 5)

    /// - Parameter alerts: waiting ones; as many events, and half as many verdicts.
    init(alerts: Int = 300) throws {
        folder = try TemporaryFolder()
        let store = try open()
        let waiting = (1...alerts).map { EventSource.sample($0, address: "1.0.\($0 / 256).\($0 % 256)") }
        let answered = (1...alerts).map { EventSource.sample($0 + alerts, address: "2.0.0.1") }
        var batch = AcceptBatch()
        batch.sources = waiting + answered
        batch.checkpoint = Self.checkpoint
        batch.counts = [.matched: 2 * alerts]
        try store.accept(batch, now: 10)
        for number in 0..<(alerts / 2) {
            let facts = ReputationFacts(stats: .init(malicious: 11, total: 94), tags: ["scanner", "tag-\(number)"])
            let entry = CachedVerdict(
                reputation: .found(facts), verdict: .malicious, fetchedAt: 1_000, expiresAt: 2_000)
            let address = IPAddress("2.0.\(number / 256).\(number % 256 + 1)") ?? .v4(0)
            try store.answer(address, with: entry, limit: alerts) {
                [OutboxItem(sink: "analysisd", eventID: $0.eventID, body: Data("1:virustotal_ip:{}".utf8))]
            }
        }
        try store.write("spending") { db in
            for day in 1...28 {
                try db.run("INSERT INTO spent (date, requests) VALUES (?, ?)", ["2026-02-\(day)", day])
            }
        }
        try store.flush()
    }

    func open() throws -> Store {
        let log = log
        return try Store(directory: folder.path, log: Logger(label: "test") { _ in log })
    }

    func content() throws -> Content { try Self.content(of: try open()) }

    static func content(of store: Store) throws -> Content {
        var content = Content(offset: try store.checkpoint(for: alertsPath)?.offset, key: store.eventKey)
        try store.read("reading everything") { db in
            content.pending = try String.fetchSet(db, sql: "SELECT event_id FROM pending")
            content.outbox = try String.fetchSet(db, sql: "SELECT event_id FROM outbox")
            content.verdicts = try String.fetchSet(db, sql: "SELECT address FROM verdict")
            content.seen = try String.fetchSet(db, sql: "SELECT event_id FROM seen")
            for row in try Row.fetchAll(db, sql: "SELECT date, requests FROM spent") {
                content.spent[row["date"]] = row["requests"]
            }
        }
        return content
    }

    static func isWhole(_ store: Store) throws -> Bool {
        try store.read("checking") { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok"
    }

    // MARK: The file

    var size: Int { get throws { try Data(contentsOf: URL(fileURLWithPath: path)).count } }

    func overwrite(_ range: Range<Int>, with byte: (Int, UInt8) -> UInt8) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in range { bytes[index] = byte(index, bytes[index]) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    func truncate(to size: Int) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: UInt64(size))
        try handle.close()
    }

    /// The databases that were put aside.
    var kept: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
                $0.hasPrefix("state.db.corrupt-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
            }
        }
    }
}
