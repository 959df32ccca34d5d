package import Logging

/// The counting of requests that the configuration asks for: this manager's own, or its cluster's.
package struct Quota: Sendable {
    package var ledger: any QuotaLedger
    /// nil: this manager is alone.
    package var shared: (any SharedVerdicts)?
    package var cluster: ClusterNode?

    /// - Parameter onChange: rung when the cluster has something new for waiting lookups.
    package init(
        _ configuration: Configuration, key: APIKey?, store: Store, clock: Clock, log: Logger,
        onChange: @escaping @Sendable () -> Void
    ) throws(StoreError) {
        guard let settings = ClusterSettings(configuration) else {
            ledger = try LocalQuotaLedger(store: store, clock: clock, limits: configuration.virusTotal.quota)
            return
        }
        let node = try ClusterNode(settings, key: key, store: store, clock: clock, log: log, onChange: onChange)
        (ledger, shared, cluster) = (ClusterLedger(node: node), ClusterVerdicts(node: node), node)
    }
}
