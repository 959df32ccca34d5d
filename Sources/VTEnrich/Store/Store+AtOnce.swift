import GRDB
package import VTEnrichCore

/// Makes the events of an alert from what the cache holds about its address; nil: the alert has to wait for the scheduler.
/// Called on the follower's queue; must not call the store.
package typealias AnswerAtOnce = @Sendable (EventSource, CachedVerdict) -> [OutboxItem]?

/// What an alert is answered with at once.
struct ReadyAnswer {
    var events: [OutboxItem]
    var entry: CachedVerdict

    var outcome: String { events.first?.kind ?? entry.outcome }
}

/// The short way of an alert whose address is well known: from the file to the outbox in one transaction, with no row in
/// `pending` and `waiting` on the way.
extension Store {
    /// The answer to each alert, nil for those that have to wait.
    ///
    /// No alert overtakes another of its address: while one waits, so do those after it. Only the follower makes alerts wait,
    /// and this runs on its queue, so what is read here still holds when it is written.
    func answers(to sources: [EventSource], by answer: AnswerAtOnce?) throws(StoreError) -> [ReadyAnswer?] {
        guard let answer, !sources.isEmpty else { return sources.map { _ in nil } }
        // Not in the transaction that writes them, so that the others who write wait for no event to be made.
        var entries = try readByWriter("asking the cache") { db in
            var entries: [IPAddress: CachedVerdict] = [:]
            for address in Set(sources.map(\.address)) {
                entries[address] = try settledVerdict(for: address, in: db)
            }
            return entries
        }
        return sources.map { source in
            guard let entry = entries[source.address] else { return nil }
            guard let events = answer(source, entry) else {
                entries[source.address] = nil
                return nil
            }
            return ReadyAnswer(events: events, entry: entry)
        }
    }

    /// The verdict on an address that nobody waits for and that more than one alert had already: of an address that comes again
    /// for the first time, the demand has to learn.
    private func settledVerdict(for address: IPAddress, in db: Database) throws -> CachedVerdict? {
        try cachedVerdict(
            for: address.description, in: db,
            where: "repeated AND NOT EXISTS (SELECT 1 FROM waiting WHERE waiting.address = verdict.address)")
    }
}
