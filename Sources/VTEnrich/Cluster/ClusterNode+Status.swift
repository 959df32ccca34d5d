import Synchronization
import VTEnrichCore

/// The cluster for `status`: from what is known here, without asking the server.
extension ClusterNode {
    package nonisolated func status() -> StatusReport.Cluster {
        let view = view.withLock { $0 }
        let (boot, wall) = (clock.boot(), clock.wall())
        let reply = view.reply
        let nodes = (reply?.nodes ?? [:]).map { id, told in
            StatusReport.ClusterNode(
                id: id, name: printable(told.name), isThis: id == node,
                present: view.isUp && told.present, day: told.day, month: told.month,
                lastSeen: told.seen > 0 ? Timestamp.text(min(wall, told.seen / 1_000 - time.ahead)) : nil)
        }
        return StatusReport.Cluster(
            redis: settings.address.text, connected: view.isUp, since: Timestamp.text(view.since),
            quota: standing(view, boot, reply), nodesConfigured: settings.nodes,
            nodesPresent: view.isUp ? reply?.present : nil,
            nodes: nodes.sorted { ($0.name, $0.id) < ($1.name, $1.id) },
            share: .init(minute: view.share.perMinute, day: view.share.perDay, month: view.share.perMonth),
            shareFrom: view.isUp || boot >= view.aloneFrom ? nil : Timestamp.text(wall + view.aloneFrom - boot),
            lastError: view.failure)
    }

    private nonisolated func standing(_ view: ClusterView, _ boot: Double, _ reply: QuotaReply?) -> String {
        guard view.isUp else { return boot < view.aloneFrom ? "waiting" : "own_share" }
        if reply?.quiet != nil { return "waiting" }
        return reply?.majority == false ? "own_share" : "shared"
    }
}
