import VTEnrichCore

/// What the node last knew of its cluster, for who looks without asking the server.
struct ClusterView: Sendable {
    var isUp = false
    /// Wall clock of the last change of `isUp`.
    var since = 0.0
    /// Why it is not up.
    var failure: String?
    /// Boot clock.
    var aloneFrom = 0.0
    var limits = QuotaLimits()
    var share = QuotaLimits()
    var reply: QuotaReply?
}
