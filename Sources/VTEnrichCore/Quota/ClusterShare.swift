/// What a node may spend without asking the others: an even part of each limit, rounded down so that all nodes together never
/// exceed it. The part of a limit below the number of nodes is nothing.
package struct ClusterShare: Sendable, Equatable {
    package var nodes: Int

    package init(nodes: Int) {
        self.nodes = max(1, nodes)
    }

    /// - Parameter others: requests of this day that nobody of the cluster sent, as far as VirusTotal told: they are spent for all.
    package func limits(_ limits: QuotaLimits, others: Int = 0) -> QuotaLimits {
        var share = limits
        share.perMinute = limits.perMinute / nodes
        share.perDay = max(0, limits.perDay - others) / nodes
        share.perMonth = max(0, limits.perMonth - others) / nodes
        if case .count(let count) = limits.reserve { share.reserve = .count((count + nodes - 1) / nodes) }
        return share
    }
}

/// Whom a node asks before a request: the cluster while it can be reached, and else nobody, once the others must have noticed.
///
/// The cluster lends the share of a node that is there to the others. So a node that lost the cluster waits until its lease is over
/// there, and until the tokens that were lent by then have come back: nothing may be sent twice. Seconds since boot.
package struct ClusterStanding: Sendable, Equatable {
    /// How long the cluster takes a node for present after it heard of it.
    package static let lease = 6.0
    /// How long after it was sent a message may still be obeyed: the time limit of an exchange, and once more what the node does not
    /// know of the server's clock.
    package static let lateness = 6.0
    /// Beyond the request's own time limit: what a machine may take between a grant and the request.
    package static let slack = 5.0

    /// From when the node's own share is its own.
    package private(set) var aloneFrom: Double

    package init(aloneFrom: Double = 0) {
        self.aloneFrom = aloneFrom
    }

    /// How long a token may be held by a request whose end nobody tells.
    /// - Parameter timeout: of a request, the longest in the cluster.
    package static func inFlight(timeout: Double) -> Double { timeout + slack + MinuteLog.hold }

    /// A message was sent that may make or keep the node a member, answered or not.
    package mutating func sent(at boot: Double, timeout: Double) {
        aloneFrom = boot + Self.lateness + Self.lease + Self.inFlight(timeout: timeout)
    }

    /// The cluster knows that the node has left.
    package mutating func left(at boot: Double, timeout: Double) {
        aloneFrom = boot + Self.inFlight(timeout: timeout)
    }

    package func isAlone(at boot: Double) -> Bool { boot >= aloneFrom }
}

/// What the state keeps of the standing: an earlier run of this node may have been a member until a moment ago.
package enum StoredStanding: Sendable, Equatable, CustomStringConvertible {
    case never
    case member
    /// Not a member; its share is its own from this time of this boot.
    case apart(from: Double, bootID: String)

    package init(_ text: String?) {
        let parts = text?.split(separator: " ") ?? []
        if parts.count == 3, parts[0] == "apart", let from = Double(parts[1]) {
            self = .apart(from: from, bootID: String(parts[2]))
        } else {
            self = text == nil ? .never : .member
        }
    }

    package var description: String {
        switch self {
        case .never: ""
        case .member: "member"
        case .apart(let from, let bootID): "apart \(from) \(bootID)"
        }
    }

    /// The standing of a run that begins now. Of another boot's clock nothing is known, but that it lies behind.
    package func resume(at boot: Double, bootID: String, timeout: Double) -> ClusterStanding {
        var standing = ClusterStanding()
        switch self {
        case .never: break
        case .member: standing.sent(at: boot, timeout: timeout)
        case .apart(let from, let known):
            if known == bootID { return ClusterStanding(aloneFrom: from) }
            standing.left(at: boot, timeout: timeout)
        }
        return standing
    }
}
