import Foundation
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// The short way of alerts from the file to the outbox.
@OffPool @Suite struct `Answers at once` {
    private let store: Store
    private let known = "64.62.197.132"

    init() throws {
        store = try Store.inMemory()
        // Two alerts made it known: from the third on the way is short.
        let entry = CachedVerdict(
            reputation: .found(ReputationFacts(stats: .init(malicious: 11, total: 94))), verdict: .malicious,
            fetchedAt: 10, expiresAt: 1_000)
        try accept([1, 2], known)
        try store.answer(#require(IPAddress(known)), with: entry, limit: 10, make: item)
    }

    private func item(_ source: EventSource) -> [OutboxItem] {
        [OutboxItem(sink: "analysisd", kind: "malicious", eventID: source.eventID, body: Data())]
    }

    @discardableResult
    private func accept(_ numbers: [Int], _ address: String) throws -> AcceptResult {
        var batch = AcceptBatch()
        batch.sources = numbers.map { .sample($0, address: address) }
        return try store.accept(batch, now: 20) { source, _ in
            [OutboxItem(sink: "analysisd", kind: "malicious", eventID: source.eventID, body: Data())]
        }
    }

    private var outbox: [String?] { get throws { try store.unsent(sink: "analysisd", limit: 100).map(\.eventID) } }

    @Test func `an alert of a well-known address is in the outbox with its acceptance, once`() throws {
        let result = try accept([3, 4, 3], known)
        #expect(result.answered == 2 && result.accepted == 0 && result.repeated == 1)
        #expect(store.pending == 0)
        #expect(try outbox == (1...4).map { EventSource.sample($0, address: known).eventID })
        #expect(try store.summary(alertsPath: "", now: 20).counters[.cacheHits] == 2)
    }

    @Test func `an alert of an unknown address waits`() throws {
        let result = try accept([3], "1.0.0.1")
        #expect(result.answered == 0 && result.accepted == 1)
    }

    @Test func `an alert never overtakes one of its address that waits`() throws {
        var batch = AcceptBatch()
        batch.sources = [.sample(3, address: known)]
        try store.accept(batch, now: 20)
        #expect(try accept([4], known).accepted == 1)
        #expect(try outbox.count == 2)
    }
}
