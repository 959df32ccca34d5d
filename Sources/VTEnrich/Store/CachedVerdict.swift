import Foundation
import GRDB
package import VTEnrichCore

/// A row of the cache: what VirusTotal said and when, so that verdict and age can be judged anew for each event.
package struct CachedVerdict: Sendable, Equatable, Codable {
    package var reputation: Reputation
    package var pivot: PivotFacts?
    /// The verdict when it was fetched: for the TTL and the statistics, not for events.
    package var verdict: Verdict
    /// Wall clock, seconds since 1970.
    package var fetchedAt: Double
    package var expiresAt: Double
    /// Whether more than one alert asked for it; the store's to set.
    package var isRepeated = false

    package init(
        reputation: Reputation, pivot: PivotFacts? = nil, verdict: Verdict, fetchedAt: Double, expiresAt: Double
    ) {
        self.reputation = reputation
        self.pivot = pivot
        self.verdict = verdict
        self.fetchedAt = fetchedAt
        self.expiresAt = expiresAt
    }

    /// In the last tenth of its time: worth a refresh when one is to spare.
    package func isAging(at now: Double) -> Bool { now > expiresAt - (expiresAt - fetchedAt) / 10 }

    /// The facts, when files could change the verdict (contract §3, Pivot).
    func borderline(_ now: Double, _ settings: VerdictSettings) -> ReputationFacts? {
        guard case .found(let facts) = reputation else { return nil }
        return VerdictFlow.judge(facts, now: now, settings: settings).isBorderline ? facts : nil
    }

    /// Whether it may still be served, marked as stale, when nothing newer can be had.
    package func isServable(at now: Double, maxStale: Double) -> Bool {
        now < expiresAt + maxStale && now >= fetchedAt - 60
    }

    /// A clock that was set back leaves no entry from the future alive (T48).
    package func isFresh(at now: Double) -> Bool { now < expiresAt && now >= fetchedAt - 60 }

    /// How the cache counts it: the verdict, or `not_found` or `invalid`.
    package var entryClass: String {
        switch reputation {
        case .found: verdict.rawValue
        case .notFound: "not_found"
        case .invalid: "invalid"
        }
    }

    /// nil where VirusTotal has none.
    package var facts: ReputationFacts? {
        guard case .found(let facts) = reputation else { return nil }
        return facts
    }

    /// What an event tells that is made with it at once.
    var outcome: String { reputation == .invalid ? "unenriched" : verdict.rawValue }

    /// What `init(row:)` reads, in the order of the table.
    static let columns = "address, class, facts, pivot_total, pivot_strong, fetched_at, expires_at, repeated"

    init?(row: Row, decodedBy decoder: FactsDecoder) {
        let entryClass: String = row[1]
        switch entryClass {
        case "not_found": reputation = .notFound
        case "invalid": reputation = .invalid
        default:
            // What cannot be read is not there: the address is looked up again.
            guard let facts = row[2] as Data?, let found = decoder.facts(of: row[0], facts) else { return nil }
            reputation = .found(found)
        }
        if let total = row[3] as Int?, let strong = row[4] as Int? {
            pivot = PivotFacts(totalFiles: total, strongFiles: strong)
        }
        verdict = Verdict(rawValue: entryClass) ?? .unknown
        fetchedAt = row[5]
        expiresAt = row[6]
        isRepeated = row[7]
    }

    func save(as address: IPAddress, in db: Database) throws {
        var facts: Data?
        if case .found(let found) = reputation { facts = try JSONEncoder().encode(found) }
        try db.run(
            """
            INSERT INTO verdict (address, class, facts, pivot_total, pivot_strong, fetched_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (address) DO UPDATE SET class = excluded.class, facts = excluded.facts,
                pivot_total = excluded.pivot_total, pivot_strong = excluded.pivot_strong,
                fetched_at = excluded.fetched_at, expires_at = excluded.expires_at, repeated = 0
            """,
            [
                address.description, entryClass, facts, pivot?.totalFiles, pivot?.strongFiles, fetchedAt, expiresAt,
            ])
    }
}
