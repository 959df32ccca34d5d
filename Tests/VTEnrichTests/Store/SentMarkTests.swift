import Foundation
import GRDB
import Logging
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

@OffPool @Suite struct `Mark of what was sent` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func queue(_ ids: [String], _ store: Store) throws {
        try store.add(toOutbox: ids.map { OutboxItem(sink: "analysisd", eventID: $0, body: Data("{}".utf8)) })
    }

    private func unsent(_ store: Store) throws -> [String?] {
        try store.unsent(sink: "analysisd", limit: 100).map(\.eventID)
    }

    /// What a deliverer does that is killed after its second datagram.
    private func sendTwo(_ store: Store) throws -> SentMark {
        let mark = store.sentMark(sink: "analysisd")
        try mark.prepare()
        try store.putAway(sink: "analysisd", mark, awaitingSince: nil)
        for row in try store.unsent(sink: "analysisd", limit: 2) { try mark.note(row.id) }
        return mark
    }

    /// What a deliverer does first.
    private func start(_ store: Store) throws -> Int {
        try store.putAway(sink: "analysisd", store.sentMark(sink: "analysisd"), awaitingSince: nil)
    }

    @Test func `after a kill what was sent goes out no second time`() throws {
        do {
            let store = try Store(directory: folder.path)
            try queue(["a", "b", "c"], store)
            _ = try sendTwo(store)
        }
        let store = try Store(directory: folder.path)
        #expect(try start(store) == 2)
        #expect(try unsent(store) == ["c"])
        #expect(try store.summary(alertsPath: "", now: 0).counters[.sent] == 2)
        #expect(try start(store) == 0, "once")
    }

    @Test func `what was confirmed before the kill does not hide what else was sent`() throws {
        do {
            let store = try Store(directory: folder.path)
            try queue(["a", "b", "c"], store)
            _ = try sendTwo(store)
            var batch = AcceptBatch()
            batch.confirmed = ["b"]
            try store.accept(batch, now: 0)
        }
        let store = try Store(directory: folder.path)
        #expect(try start(store) == 1)
        #expect(try unsent(store) == ["c"])
    }

    @Test func `beside an older copy of the database it says nothing`() throws {
        let copy = folder["copy"]
        do {
            let store = try Store(directory: folder.path)
            _ = try sendTwo(store)
            try queue(["a", "b"], store)
            try store.flush()
            try FileManager.default.copyItem(atPath: folder["state.db"], toPath: copy)
            let mark = try sendTwo(store)
            try store.putAway(sink: "analysisd", mark, awaitingSince: nil)
            try queue(["c", "d"], store)
            _ = try sendTwo(store)
        }
        for name in ["state.db", "state.db-wal", "state.db-shm"] { unlink(folder[name]) }
        #expect(rename(copy, folder["state.db"]) == 0)
        let store = try Store(directory: folder.path)
        #expect(try start(store) == 0)
        // New events may have the ids of those that the copy does not know.
        try queue(["e", "f"], store)
        #expect(try start(store) == 0)
        #expect(try unsent(store) == ["a", "b", "e", "f"])
    }

    /// After a power loss, or with the log gone, the database can know less of a batch than its mark.
    @Test func `T12 rows that the database has lost are not taken for sent when others come in their place`() throws {
        let copy = folder["copy"]
        do {
            let store = try Store(directory: folder.path)
            try queue(["a", "b"], store)
            let mark = try sendTwo(store)
            try store.flush()
            try FileManager.default.copyItem(atPath: folder["state.db"], toPath: copy)
            try queue(["c", "d"], store)
            for row in try store.unsent(sink: "analysisd", limit: 100) { try mark.note(row.id) }
        }
        for name in ["state.db", "state.db-wal", "state.db-shm"] { unlink(folder[name]) }
        #expect(rename(copy, folder["state.db"]) == 0)
        let store = try Store(directory: folder.path)
        try queue(["e", "f"], store)
        #expect(try start(store) == 2)
        #expect(try unsent(store) == ["e", "f"])
    }

    @Test func `T14 one that is deleted while in use is made again`() throws {
        do {
            let store = try Store(directory: folder.path)
            try queue(["a", "b", "c"], store)
            let mark = try sendTwo(store)
            #expect(unlink(folder["sent-analysisd"]) == 0)
            try mark.prepare()
        }
        #expect(try start(Store(directory: folder.path)) == 2)
    }

    @Test(arguments: ["", "short", String(repeating: "x", count: 4_096)])
    func `a damaged one says nothing`(content: String) throws {
        do {
            let store = try Store(directory: folder.path)
            try queue(["a", "b"], store)
            _ = try sendTwo(store)
        }
        try folder.write("sent-analysisd", content)
        let store = try Store(directory: folder.path)
        #expect((store.sentMark(sink: "analysisd").loss == nil) == (content.utf8.count >= 16))
        #expect(try start(store) == 0)
        #expect(try unsent(store) == ["a", "b"])
    }

    @Test func `T15 a mark that is no file ends the start with its path`() throws {
        try FileManager.default.createDirectory(atPath: folder["sent-analysisd"], withIntermediateDirectories: false)
        let error = #expect(throws: StoreError.self) { try Store(directory: folder.path) }
        #expect(error?.description.contains(folder["sent-analysisd"]) == true)
    }

    @Test func `nothing is sent while no mark can be made`() async throws {
        let store = try Store(directory: folder.path)
        try queue(["a"], store)
        try FileManager.default.createDirectory(atPath: folder["sent-file"], withIntermediateDirectories: false)
        try store.add(toOutbox: [OutboxItem(sink: "file", eventID: "a", body: Data("{}".utf8))])
        let log = LogLines()
        let deliverer = Deliverer(
            sink: "file", store: store, target: .file(path: folder["events"]), clock: .system,
            log: Logger(label: "test") { _ in log })
        for _ in 1...2 { #expect(await deliverer.step() == 1) }
        #expect(access(folder["events"], F_OK) != 0)
        #expect(deliverer.sinkStatus.failing && deliverer.sinkStatus.lastError?.contains(folder["sent-file"]) == true)
        #expect(log.count("opening the mark in") == 1)
        #expect(rmdir(folder["sent-file"]) == 0)
        while await deliverer.step() == 0 {}
        #expect(try folder.read("events") == "{}\n")
        #expect(!deliverer.sinkStatus.failing)
    }
}
