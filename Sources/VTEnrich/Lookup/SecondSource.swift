import Logging
package import VTEnrichCore

/// A source beside VirusTotal: asked about an address after VirusTotal answered, with its own key, quota and time. What it says is
/// added to the facts; it never fails a lookup. A third one is a folder beside `AbuseIPDB`, and a line in
/// `CompletedClient.make`.
package protocol SecondSource: Sendable {
    /// The facts with what this source knows, or as they were.
    func complete(_ facts: ReputationFacts, of address: IPAddress) async -> ReputationFacts
}

/// VirusTotal, and after it the other sources, as one client: the scheduler, `lookup` and the cache know no difference.
struct CompletedClient: ReputationClient {
    let virusTotal: any ReputationClient
    let others: [any SecondSource]

    /// VirusTotal alone, unless there is a key for another source.
    static func make(
        _ configuration: Configuration, key: APIKey, abuseKey: APIKey?, store: Store, clock: Clock, log: Logger
    ) -> any ReputationClient {
        let virusTotal = VirusTotalClient(settings: configuration.virusTotal, key: key)
        guard let abuseKey else { return virusTotal }
        let abuse = AbuseIPDB(configuration, key: abuseKey, store: store, clock: clock, log: log)
        return CompletedClient(virusTotal: virusTotal, others: [abuse])
    }

    func lookUp(_ address: IPAddress) async -> LookupAnswer<Reputation> {
        let answer = await virusTotal.lookUp(address)
        guard case .value(.found(var facts)) = answer else { return answer }
        for source in others { facts = await source.complete(facts, of: address) }
        return .value(.found(facts))
    }

    func communicatingFiles(_ address: IPAddress) async -> LookupAnswer<PivotFacts> {
        await virusTotal.communicatingFiles(address)
    }

    func serverQuota() async -> LookupAnswer<ServerQuota> { await virusTotal.serverQuota() }
}
