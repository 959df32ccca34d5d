import Foundation
import Support
import Testing
import VTEnrich
import VTEnrichCore

@OffPool @Suite struct `State database` {
    private let address = IPAddress("64.62.197.132") ?? .v4(0)

    private func batch(_ sources: [EventSource]) -> AcceptBatch {
        var batch = AcceptBatch()
        batch.sources = sources
        batch.counts = [.matched: sources.count]
        return batch
    }

    private var verdict: CachedVerdict {
        CachedVerdict(
            reputation: .found(ReputationFacts(stats: .init(malicious: 11, total: 94))), verdict: .malicious,
            fetchedAt: 1_000, expiresAt: 2_000)
    }

    @Test func `alerts, checkpoint and counters survive a restart together`() throws {
        let folder = try TemporaryFolder()
        let checkpoint = Checkpoint(
            path: "/alerts.json", identity: FileIdentity(device: 1, inode: 2, birth: nil), offset: 77,
            head: Fingerprint(length: 3, digest: "a"), marker: Fingerprint(length: 3, digest: "b"), savedAt: 5)
        do {
            let store = try Store(directory: folder.path)
            var batch = batch([.sample(1, address: "64.62.197.132")])
            batch.checkpoint = checkpoint
            #expect(try store.accept(batch, now: 10).accepted == 1)
        }
        let store = try Store(directory: folder.path)
        #expect(try store.checkpoint(for: "/alerts.json") == checkpoint)
        #expect(store.pending == 1)
        #expect(try store.summary(alertsPath: "/alerts.json", now: 20).counters[.matched] == 1)
    }

    @Test func `F35 an alert that is read again is not taken again, answered or not`() throws {
        let store = try Store.inMemory()
        let alert = EventSource.sample(1, address: "64.62.197.132")
        try store.accept(batch([alert]), now: 10)
        #expect(try store.accept(batch([alert]), now: 11).repeated == 1)
        try store.answer(address, with: verdict, limit: 10) {
            [OutboxItem(sink: "analysisd", eventID: $0.eventID, body: Data())]
        }
        #expect(try store.accept(batch([alert]), now: 12).repeated == 1)
        #expect(store.pending == 0)
        #expect(try store.outboxCount() == 1)
    }

    @Test func `T36 one answer serves every alert of its address, in order, and nobody else's`() throws {
        let store = try Store.inMemory()
        let alerts = (1...1_200).map { EventSource.sample($0, address: "64.62.197.132") }
        try store.accept(batch(alerts + [.sample(9_999, address: "8.8.8.8")]), now: 10)
        _ = try store.answerFromCache(
            limit: 500, now: 10, judge: { $1 == nil ? .lookUp : .answer }, make: { _, _ in [] })
        try store.answer(address, with: verdict, limit: 500) {
            [.init(sink: "analysisd", eventID: $0.eventID, body: Data())]
        }
        var more = true
        while more {
            more = try store.answerFromCache(limit: 500, now: 10, judge: { $1 == nil ? .lookUp : .answer }) {
                source, _ in
                [.init(sink: "analysisd", eventID: source.eventID, body: Data())]
            }.more
        }
        #expect(try store.unsent(sink: "analysisd", limit: 2_000).map(\.eventID) == alerts.map(\.eventID))
        #expect(store.pending == 1)
        #expect(try Set(store.candidates(each: 5).map(\.address.description)) == ["8.8.8.8"])
    }

    @Test func `an alert goes through the queue with all it came with`() throws {
        let store = try Store.inMemory()
        var alert = EventSource.sample(1, address: "2001:4860:4860::8888", level: 12)
        alert.ruleGroups = ["syslog", " windows_security"]
        alert.ruleDescription = "Ünïcode \u{1F600} \"quoted\""
        alert.logWasCut = true
        try store.accept(batch([alert]), now: 10)
        var taken: [EventSource] = []
        _ = try store.expire(before: 11, limit: 10, now: 11) {
            taken.append($0); return []
        }
        #expect(taken == [alert])
    }

    @Test func `the queue is given up oldest first and only what is old enough`() throws {
        let store = try Store.inMemory()
        try store.accept(batch([.sample(1, address: "64.62.197.132")]), now: 10)
        try store.accept(batch([.sample(2, address: "64.62.197.132")]), now: 20)
        var given: [String] = []
        #expect(
            try store.expire(before: 15, limit: 10, now: 15) {
                given.append($0.eventID); return []
            } == 1)
        #expect(given == ["event-1"])
        #expect(try store.candidates(each: 5).isEmpty)
        #expect(try store.oldestPending() == 20)
    }

    @Test func `of each class those with the most alerts and the oldest may be next`() throws {
        let store = try Store.inMemory()
        for number in 1...20 {
            let alerts = (0..<(number % 7 + 1)).map {
                EventSource.sample(number * 100 + $0, address: "1.0.0.\(number)")
            }
            try store.accept(batch(alerts), now: Double(number))
        }
        try store.accept(batch([.sample(9_999, address: "2.0.0.1", level: 12)]), now: 99)
        _ = try store.answerFromCache(
            limit: 50, now: 100, judge: { $1 == nil ? .lookUp : .answer }, make: { _, _ in [] })
        let addresses = Set(try store.candidates(each: 2).map(\.address.description))
        #expect(addresses == ["1.0.0.6", "1.0.0.13", "1.0.0.1", "1.0.0.2", "2.0.0.1"])
    }

    @Test func `T05 a second instance is refused with the first one's pid`() throws {
        let folder = try TemporaryFolder()
        let first = try Store(directory: folder.path)
        let error = #expect(throws: StoreError.self) { try Store(directory: folder.path) }
        #expect(error?.kind == .locked(pid: ProcessInfo.processInfo.processIdentifier))
        withExtendedLifetime(first) {}
    }

    @Test func `T15 a missing state directory is named with the path and the uid`() throws {
        let error = #expect(throws: StoreError.self) { try Store(directory: "/nowhere/state") }
        #expect(error?.description.contains("/nowhere/state") == true)
        #expect(error?.kind == .inaccessible)
    }

    @Test func `purging takes what it names and keeps the counts`() throws {
        let store = try Store.inMemory()
        for number in 1...5 {
            var entry = verdict
            entry.expiresAt = Double(number) * 1_000
            try store.answer(.v4(UInt32(number) << 24), with: entry, limit: 1) { _ in [] }
        }
        #expect(try store.purgeAll(.expired, now: 2_500) == 2)
        #expect(try store.purgeAll(.address(.v4(3 << 24)), now: 2_500) == 1)
        #expect(try store.cacheStats(now: 2_500).byVerdict == ["malicious": 2])
        #expect(try store.purgeAll(.all, now: 2_500) == 2)
        #expect(try store.cacheStats(now: 2_500).entries == 0)
    }
}
