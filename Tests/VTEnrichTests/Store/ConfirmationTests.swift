import Foundation
import Support
import Testing
import VTEnrich
import VTEnrichCore

@Suite struct `Confirmation of events` {
    private let store: Store
    private let mark: SentMark

    init() throws {
        store = try Store.inMemory()
        mark = store.sentMark(sink: "analysisd")
        try store.putAway(sink: "analysisd", mark, awaitingSince: nil)
    }

    private func send(_ ids: [String], kind: String = "malicious", at now: Double) throws {
        try store.add(toOutbox: ids.map { OutboxItem(sink: "analysisd", kind: kind, eventID: $0, body: Data()) })
        for row in try store.unsent(sink: "analysisd", limit: 100) { try mark.note(row.id) }
        try store.putAway(sink: "analysisd", mark, awaitingSince: now)
    }

    private func confirm(_ ids: [String]) throws {
        var batch = AcceptBatch()
        batch.confirmed = ids
        try store.accept(batch, now: 0)
    }

    private func count(_ counter: Counter) throws -> Int {
        try store.summary(alertsPath: "", now: 0).counters[counter] ?? 0
    }

    @Test func `an event that came back is confirmed once and gone`() throws {
        try send(["a", "b"], at: 10)
        try confirm(["a", "a", "forged"])
        #expect(try count(.confirmed) == 1)
        #expect(try store.overdue(before: 1_000, patience: -1_000, limit: 9).awaited == 0)
        #expect(try count(.sent) == 2)
    }

    @Test func `what is missing while others arrive is sent again, at most twice`() throws {
        try send(["lost"], at: 10)
        for round in 1...4 {
            let now = Double(round) * 100
            try send(["other-\(round)"], at: now)
            try confirm(["other-\(round)"])
            _ = try store.overdue(before: now + 60, patience: -1_000, limit: 9)
        }
        #expect(try count(.repeated) == 2)
        #expect(try count(.unconfirmed) == 1)
        #expect(try store.outboxCount() == 0)
    }

    @Test func `nothing is repeated while no event ever came back`() throws {
        try send(["a", "b", "c"], at: 10)
        #expect(try store.overdue(before: 100, patience: -1_000, limit: 9).unconfirmed == 3)
        #expect(try count(.repeated) == 0)
    }

    @Test func `events of a kind that Wazuh does not show are not repeated because others come back`() throws {
        try send(["hidden"], kind: "unknown", at: 10)
        try send(["shown"], at: 11)
        try confirm(["shown"])
        let overdue = try store.overdue(before: 100, patience: -1_000, limit: 9)
        #expect(overdue.repeated == 0)
        #expect(overdue.unconfirmed == 1)
    }

    @Test func `while the loop is silent after having worked, events wait for it`() throws {
        try send(["first"], at: 10)
        try confirm(["first"])
        try send(["during the restart"], at: 50)
        #expect(try store.overdue(before: 200, patience: -1_000, limit: 9).awaited == 1)
        try send(["after it"], at: 300)
        try confirm(["after it"])
        #expect(try store.overdue(before: 301, patience: -1_000, limit: 9).repeated == 1)
        #expect(try store.unsent(sink: "analysisd", limit: 9).map(\.eventID) == ["during the restart"])
    }

    @Test func `an event that comes back before its sending was noted is confirmed too`() throws {
        try store.add(toOutbox: [OutboxItem(sink: "analysisd", kind: "malicious", eventID: "a", body: Data())])
        let row = try #require(try store.unsent(sink: "analysisd", limit: 1).first)
        try confirm(["a"])
        try mark.note(row.id)
        try store.putAway(sink: "analysisd", mark, awaitingSince: 10)
        #expect(try count(.confirmed) == 1)
        #expect(try store.outboxCount() == 0)
    }
}
