import Foundation
import Synchronization
import VTEnrichCore

/// Reads the facts of cache rows, and remembers those read lately: an address that attacks comes many times, and decoding JSON
/// is the dearest part of an answer from the cache.
///
/// What it remembers of an address holds as long as the row has the same bytes, so nobody has to tell it of changes.
final class FactsDecoder: Sendable {
    private struct Known {
        var bytes: Data
        var facts: ReputationFacts
    }

    private let known = Mutex<[String: Known]>([:])

    /// About a KiB each.
    private static let limit = 2_000

    /// nil for what cannot be read.
    func facts(of address: String, _ bytes: Data) -> ReputationFacts? {
        if let known = known.withLock({ $0[address] }), known.bytes == bytes { return known.facts }
        guard let facts = try? JSONDecoder().decode(ReputationFacts.self, from: bytes) else { return nil }
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
            known[address] = Known(bytes: bytes, facts: facts)
        }
        return facts
    }
}
