package import VTEnrichCore

/// What the managers of a cluster know of addresses, and who of them asks (design 9). Without a cluster there is none, and nothing
/// is asked. While the cluster cannot be reached, everything is unknown and every claim is granted.
///
/// Runs on the caller's actor; times of entries are by this machine's clock.
package protocol SharedVerdicts: Sendable {
    /// The verdicts that are there and have not expired.
    nonisolated(nonsending) func known(_ addresses: [IPAddress]) async -> [IPAddress: CachedVerdict]
    /// Before a request: whether it is ours to make.
    /// - Parameter entry: what is known here; only a newer one is worth having.
    nonisolated(nonsending) func claim(_ address: IPAddress, newerThan entry: CachedVerdict?) async -> VerdictClaim
    /// No request after all, or no answer: another node may try.
    nonisolated(nonsending) func release(_ address: IPAddress) async
    /// The answer, for every node.
    nonisolated(nonsending) func publish(_ address: IPAddress, _ entry: CachedVerdict) async
    /// What other nodes published since the last call.
    nonisolated(nonsending) func news() async -> SharedNews
}

package struct SharedNews: Sendable {
    package var entries: [IPAddress: CachedVerdict] = [:]
    /// The cluster was away: what came meanwhile has to be asked for.
    package var isBack = false

    package init() {}
}

package enum VerdictClaim: Sendable, Equatable {
    case mine
    /// Another node is asking.
    case taken
    case known(CachedVerdict)
}
