import Foundation
import GRDB
import Support
import Synchronization
import Testing
import VTEnrichCore

@testable import VTEnrich

/// What others do to the files of the state, while it is open and while it is not.
@OffPool @Suite struct `State files` {
    private func accept(_ number: Int, _ store: Store) throws {
        var batch = AcceptBatch()
        batch.sources = [.sample(number, address: "3.0.0.1")]
        try store.accept(batch, now: 20)
    }

    private func copy(_ names: [String], of folder: TemporaryFolder) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in names { try FileManager.default.copyItem(atPath: folder[name], toPath: copy[name]) }
        return copy
    }

    private func mode(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
    }

    // MARK: Stopped

    @Test(arguments: [
        (["state.db", "state.db-wal", "state.db-shm"], 301), (["state.db", "state.db-wal"], 301), (["state.db"], 300),
    ])
    func `T12 a copy of the running state opens, without its log as of the last flush`(
        names: [String], pending: Int
    ) throws {
        let state = try FilledState()
        let store = try state.open()
        try store.flush()
        try accept(9_999, store)
        let folder = try copy(names, of: state.folder)
        withExtendedLifetime(store) {}
        let copied = try Store(directory: folder.path)
        #expect(copied.pending == pending)
        #expect(try FilledState.content(of: copied).seen.contains("event-9999") == (pending == 301))
        #expect(try FilledState.isWhole(copied))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("corrupt") })
    }

    @Test func `T16 a newer state is refused with both versions and stays as it is`() throws {
        let state = try FilledState(alerts: 3)
        do {
            let store = try state.open()
            try store.write("faking the future") { try $0.execute(sql: "PRAGMA user_version = 99") }
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: state.path))
        let error = #expect(throws: StoreError.self) { try state.open() }
        #expect(error?.kind == .newerSchema)
        #expect(error?.description.contains("schema 99, this one knows \(Schema.version)") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: state.path)) == before)
    }

    @Test func `T16 all steps to the newest version are one transaction`() throws {
        let queue = try DatabaseQueue()
        try queue.write { try Schema.migrate($0) }
        func version() throws -> Int? { try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } }
        let good = "CREATE TABLE more (a)"
        #expect(throws: DatabaseError.self) {
            try queue.write { try Schema.migrate($0, through: Schema.steps + [good, "CREATE NONSENSE"]) }
        }
        #expect(try version() == Schema.version)
        #expect(try queue.read { try !$0.tableExists("more") })
        try queue.write { try Schema.migrate($0, through: Schema.steps + [good]) }
        #expect(try version() == Schema.version + 1)
        try queue.write { try Schema.migrate($0, through: Schema.steps + [good]) }
    }

    @Test func `T16 a state of the second version keeps what it knows of sends and ids`() throws {
        let folder = try TemporaryFolder()
        do {
            let queue = try DatabaseQueue(path: folder["state.db"])
            try queue.write { db in
                try Schema.migrate(db, through: Array(Schema.steps.prefix(2)))
                for id in ["a", "b", "c"] {
                    try db.execute(
                        sql:
                            "INSERT INTO outbox (sink, kind, event_id, body, queued_at) VALUES ('file', 'unknown', ?, ?, 5)",
                        arguments: [id, Data("{}".utf8)])
                }
                try db.execute(sql: "INSERT INTO sink VALUES ('file', 2); INSERT INTO seen VALUES ('event-1', 5)")
            }
            try queue.close()
        }
        let store = try Store(directory: folder.path)
        #expect(try store.unsent(sink: "file", limit: 9).map(\.eventID) == ["c"])
        #expect(try FilledState.content(of: store).seen == ["event-1"])
        try accept(2, store)
        try accept(2, store)
        #expect(store.pending == 1)
    }

    @Test func `others may not read the state, its log or its index`() throws {
        let state = try FilledState(alerts: 1)
        let store = try state.open()
        for companion in ["", "-wal", "-shm"] { #expect(try mode(state.path + companion) == 0o640) }
        withExtendedLifetime(store) {}
    }

    @Test func `T15 a directory that is a file is named`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: StoreError.self) { try Store(directory: try folder.write("state", "")) }
        #expect(error?.description.contains("\(folder["state"]): it is not a directory (uid \(geteuid());") == true)
    }

    @Test func `T15 a state that is no regular file is refused and stays`() throws {
        let folder = try TemporaryFolder()
        symlink("/etc/passwd", folder["state.db"])
        let error = #expect(throws: StoreError.self) { try Store(directory: folder.path) }
        #expect(error?.description.contains("state.db: it is not a regular file") == true)
    }

    // MARK: Running

    @Test func `T14 a deleted state is restored from the open one with all that came since`() throws {
        let state = try FilledState()
        let store = try state.open()
        for companion in ["", "-wal", "-shm"] { unlink(state.path + companion) }
        try accept(9_999, store)
        try store.mend()
        #expect(state.log.count("was deleted while it was in use: it is restored") == 1)
        try accept(10_000, store)
        let content = try FilledState.content(of: store)
        #expect(content.pending.count == 302 && store.pending == 302)
        #expect(store.eventKey == content.key)
        try store.flush()
        let folder = try copy(["state.db", "state.db-wal"], of: state.folder)
        #expect(try FilledState.content(of: try Store(directory: folder.path)) == content)
        try store.mend()
        #expect(state.log.lines.withLock { $0.count } == 1)
    }

    @Test func `T14 what was put in the place of the open state is kept aside`() throws {
        let (state, other) = (try FilledState(), try FilledState(alerts: 5))
        let store = try state.open()
        unlink(state.path)
        try FileManager.default.copyItem(atPath: other.path, toPath: state.path)
        try store.mend()
        #expect(store.pending == 300)
        #expect(state.log.count("was replaced while it was in use") == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: state.folder.path)
        let kept = names.filter { $0.hasPrefix("state.db.replaced-") }
        try #require(kept.count == 1)
        #expect(FileManager.default.contentsEqual(atPath: state.folder[kept[0]], andPath: other.path))
    }

    @Test(arguments: ["-wal", "-shm"])
    func `T12 a companion that is deleted while it runs costs nothing`(companion: String) throws {
        let state = try FilledState()
        let store = try state.open()
        unlink(state.path + companion)
        try accept(9_999, store)
        try store.mend()
        try accept(10_000, store)
        #expect(try FilledState.content(of: store).pending.count == 302)
        #expect(try FilledState.isWhole(store))
        #expect(state.log.count("was deleted while in use") == 1)
    }

    @Test func `T05 the lock holds on when its file is deleted`() throws {
        let state = try FilledState(alerts: 1)
        let store = try state.open()
        unlink(state.folder["lock"])
        try store.mend()
        let error = #expect(throws: StoreError.self) { try state.open() }
        #expect(error?.kind == .locked(pid: getpid()))
        withExtendedLifetime(store) {}
    }

    @Test func `T14 without its directory the state lives on until it can be restored`() throws {
        let state = try FilledState()
        let store = try state.open()
        let away = state.folder.path + "-away"
        rename(state.folder.path, away)
        defer { try? FileManager.default.removeItem(atPath: away) }
        #expect(throws: StoreError.self) { try store.mend() }
        try accept(9_999, store)
        mkdir(state.folder.path, 0o750)
        try store.mend()
        #expect(try FilledState.content(of: store).pending.count == 301)
        #expect(FileManager.default.fileExists(atPath: state.path))
    }

    @Test func `T13 while another process holds the write lock reads go on, writes throw and then go on at once`()
        throws
    {
        let state = try FilledState()
        let store = try state.open()
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: state.path, configuration: configuration)
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = #expect(throws: StoreError.self) { try accept(9_999, store) }
        #expect(error?.kind == .busy)
        #expect(error?.description.contains("another process has the database locked") == true)
        #expect(try store.summary(alertsPath: FilledState.alertsPath, now: 30).pending == 300)
        try other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try accept(9_999, store)
        #expect(store.pending == 301)
    }

    @Test func `T17 a reader that stays is told, and the log shrinks when it is gone`() throws {
        let state = try FilledState()
        let store = try state.open()
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: state.path, configuration: configuration)
        try reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT COUNT(*) FROM pending") }
        try store.write("writing much") { try $0.execute(sql: "INSERT INTO meta VALUES ('x', zeroblob(70000000))") }
        try store.flush()
        try accept(9_999, store)
        #expect(store.walProblem?.description.contains("has grown to 6") == true)
        try reader.close()
        try store.flush()
        try accept(10_000, store)
        #expect(store.walProblem == nil)
    }
}
