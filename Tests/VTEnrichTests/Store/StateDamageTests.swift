import Foundation
import GRDB
import Support
import Synchronization
import Testing
import VTEnrichCore

@testable import VTEnrich

/// What a start makes of a damaged state (T11): it never refuses, never deletes, and takes over what can be read.
@OffPool @Suite struct `Damaged state` {
    /// Bytes that look like nothing, the same in every run.
    private static func noise(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 2_654_435_761 >> 13) }

    @Test(arguments: [16, 100, 512, 4_096])
    func `T11 all is taken over when the first bytes are random`(count: Int) throws {
        let state = try FilledState()
        let before = try state.content()
        try state.overwrite(0..<count) { index, _ in Self.noise(index) }
        let damaged = try Data(contentsOf: URL(fileURLWithPath: state.path))
        let store = try state.open()
        #expect(try FilledState.content(of: store) == before)
        #expect(try FilledState.isWhole(store))
        #expect(store.pending == 300)
        let kept = try #require(try state.kept.first)
        #expect(try Data(contentsOf: URL(fileURLWithPath: state.folder[kept])) == damaged)
        #expect(state.log.count("is damaged (") == 1)
        #expect(
            state.log.count("Taken over: 1 checkpoint, 300 waiting alerts, 300 events to send, 150 verdicts, 28 days")
                == 1)
    }

    @Test func `T11 what the write-ahead log holds is taken over even when the file is empty`() throws {
        let state = try FilledState()
        let before = try state.content()
        // A daemon that was killed leaves both files behind.
        let killed = try TemporaryFolder()
        let running = try state.open()
        try running.write("a change to every page") { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            for table in ["pending", "outbox", "verdict", "seen", "spent", "checkpoint", "meta"] {
                try db.execute(sql: "CREATE TABLE copy AS SELECT * FROM \(table)")
                try db.execute(sql: "DELETE FROM \(table)")
                try db.execute(sql: "INSERT INTO \(table) SELECT * FROM copy")
                try db.execute(sql: "DROP TABLE copy")
            }
        }
        try FileManager.default.copyItem(atPath: state.path + "-wal", toPath: killed["state.db-wal"])
        withExtendedLifetime(running) {}
        try killed.write("state.db", "")
        let store = try Store(directory: killed.path)
        #expect(try FilledState.content(of: store) == before)
    }

    @Test func `T11 an empty file is no first start`() throws {
        let state = try FilledState()
        try state.truncate(to: 0)
        let store = try state.open()
        #expect(store.pending == 0)
        #expect(try state.kept.count == 1)
        #expect(state.log.count("it is empty") == 1)
        #expect(state.log.count("The checkpoint is lost: following starts as on the very first start") == 1)
    }

    @Test func `T11 a file of zeros gives a new state`() throws {
        let state = try FilledState()
        try state.overwrite(0..<state.size) { _, _ in 0 }
        let store = try state.open()
        #expect(try FilledState.content(of: store).pending.isEmpty)
        #expect(try FilledState.isWhole(store))
        #expect(state.log.count("Nothing could be read of it.") == 1)
    }

    @Test func `T11 of a file cut in half the tables in the first half are taken over`() throws {
        let state = try FilledState(alerts: 2_000)
        let before = try state.content()
        try state.truncate(to: state.size / 2)
        let store = try state.open()
        let after = try FilledState.content(of: store)
        #expect(after.offset == 4_711 && after.key == before.key && after.spent == before.spent)
        #expect(!after.pending.isEmpty && after.pending.isSubset(of: before.pending))
        #expect(store.pending == after.pending.count)
        #expect(try FilledState.isWhole(store))
        #expect(state.log.count("may be missing") == 1)
    }

    @Test func `T11 a damaged page costs the rows on it, whichever page it is`() throws {
        let state = try FilledState(alerts: 150)
        let before = try state.content()
        let whole = try Data(contentsOf: URL(fileURLWithPath: state.path))
        let pages = whole.count / 4_096
        for page in 0..<pages {
            try state.overwrite(page * 4_096..<(page + 1) * 4_096) { $1 ^ 0xA5 }
            do {
                let store = try state.open()
                let after = try FilledState.content(of: store)
                #expect(try FilledState.isWhole(store))
                #expect(after.pending.isSubset(of: before.pending) && after.outbox.isSubset(of: before.outbox))
                // A page holds about 20 alerts; a table's first page leads to all of them.
                let losses = [
                    before.pending.count - after.pending.count, before.outbox.count - after.outbox.count,
                    before.spent.count - after.spent.count, before.offset == after.offset ? 0 : 1,
                    before.key == after.key ? 0 : 1,
                ].filter { $0 > 0 }
                #expect(losses.count <= 1, "page \(page) cost \(losses)")
                #expect(losses.isEmpty || state.log.count("is damaged") == 1, "page \(page) was lost silently")
            }
            for kept in try state.kept { try FileManager.default.removeItem(atPath: state.folder[kept]) }
            for companion in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: state.path + companion)
            }
            state.log.lines.withLock { $0 = [] }
            try whole.write(to: URL(fileURLWithPath: state.path))
        }
    }

    @Test func `T11 a start does not read a large cache, but all else of the state, before it says that it is whole`()
        throws
    {
        let state = try FilledState(alerts: 150)
        func firstPage(_ table: String) throws -> Int {
            let queue = try DatabaseQueue(path: state.path)
            return try queue.read {
                try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = ?", arguments: [table])
            } ?? 0
        }
        let files = StateFiles(directory: state.folder.path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: state.path))
        for (table, isSeen) in [
            ("verdict", false), ("pending", true), ("outbox", true), ("seen", true), ("meta", true),
        ] {
            let page = try firstPage(table) - 1
            try state.overwrite(page * 4_096..<(page + 1) * 4_096) { $1 ^ 0xA5 }
            #expect(try (files.examine(state.path, thoroughLimit: 0) != .sound) == isSeen, "\(table)")
            #expect(try files.examine(state.path) != .sound, "\(table)")
            try whole.write(to: URL(fileURLWithPath: state.path))
        }
        #expect(try files.examine(state.path, thoroughLimit: 0) == .sound)
    }

    @Test func `T11 rows that make no sense are left behind`() throws {
        let state = try FilledState(alerts: 10)
        do {
            let store = try state.open()
            try store.write("writing nonsense") { db in
                try db.execute(sql: "UPDATE pending SET address = 'nowhere' WHERE event_id = 'event-1'")
                try db.execute(sql: "UPDATE outbox SET body = 'half an ev' WHERE event_id = 'event-11'")
                try db.execute(sql: "UPDATE checkpoint SET body = '{'")
                try db.execute(sql: "UPDATE verdict SET facts = 'x' WHERE address = '2.0.0.1'")
            }
        }
        try state.overwrite(0..<16) { index, _ in Self.noise(index) }
        let after = try state.content()
        #expect(after.pending.count == 9 && after.outbox.count == 9 && after.verdicts.count == 4)
        #expect(after.offset == nil)
    }

    @Test func `T11 damage that a call meets while it runs is mended in place`() throws {
        let state = try FilledState()
        let before = try state.content()
        let store = try state.open()
        try store.write("damaging the checkpoint") { try $0.execute(sql: "UPDATE checkpoint SET body = '{'") }
        #expect(throws: StoreError.self) { try store.checkpoint(for: FilledState.alertsPath) }
        try store.mend()
        #expect(try store.checkpoint(for: FilledState.alertsPath) == nil)
        var after = try FilledState.content(of: store)
        after.offset = before.offset
        #expect(after == before)
        #expect(try state.kept.count == 1)
        #expect(state.log.count("The checkpoint is lost") == 1)
    }

    @Test func `T11 what is damaged again at once is told, not rebuilt for ever`() throws {
        let state = try FilledState(alerts: 10)
        let store = try state.open()
        for _ in 1...2 {
            try store.write("damaging the checkpoint") {
                try $0.execute(sql: "INSERT OR REPLACE INTO checkpoint VALUES (?, '{', 1)", arguments: ["/x"])
            }
            #expect(throws: StoreError.self) { try store.checkpoint(for: "/x") }
            try? store.mend()
        }
        #expect(try state.kept.count == 1)
        #expect(throws: StoreError.self) { try store.mend() }
    }

    @Test func `one waiting alert that cannot be read is dropped and counted, the others go on`() throws {
        let state = try FilledState(alerts: 3)
        let store = try state.open()
        try store.write("writing nonsense") {
            try $0.execute(sql: "UPDATE pending SET timestamp = x'00', log_was_cut = 'x' WHERE event_id = 'event-1'")
        }
        var given: [String] = []
        let expired = try store.expire(before: 100, limit: 10, now: 100) {
            given.append($0.eventID)
            return []
        }
        #expect(expired == 3 && given == ["event-2", "event-3"])
        #expect(store.pending == 0)
        #expect(try store.summary(alertsPath: "", now: 0).counters[.dropped] == 1)
        #expect(state.log.count("cannot be read and is dropped") == 1)
    }
}
