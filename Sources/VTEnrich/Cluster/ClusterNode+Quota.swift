import Synchronization
package import VTEnrichCore

/// The quota: every request is in our own book before the cluster is asked, and no longer in it when the cluster refuses.
extension ClusterNode {
    func reserve(level: Int) throws -> QuotaGrant {
        guard view.withLock({ $0.isUp }), connection != nil else { return try reserveAlone(level) }
        let wall = time.asClock.wall()
        let grant = try book.reserve(level: level)
        guard case .granted(let ticket) = grant else { return grant }
        let budget = DayBudget(limits: limits, dayUsed: 0, monthUsed: 0)
        let reply: QuotaReply
        do throws(RedisFailure) {
            reply = try ask(.reserve) {
                $0.ticket = "\(ticket.id)"
                $0.reserved = level >= limits.reserveLevel ? 0 : budget.held(at: wall)
            }
        } catch {
            lost(error)
            try book.finish(ticket, wasSent: false)
            return try reserveAlone(level)
        }
        if reply.grant == "granted" { return grant }
        try book.finish(ticket, wasSent: false)
        return refusal(reply)
    }

    private func refusal(_ reply: QuotaReply) -> QuotaGrant {
        let (boot, now) = (clock.boot(), clock.wall())
        switch reply.grant {
        case "month": return .monthSpent(until: UTCDate.nextMonth(after: now + time.ahead) - time.ahead)
        case "day": return .daySpent(until: UTCDate.nextDay(after: now + time.ahead) - time.ahead)
        case "held": return .held
        case "rejected": return .keyRejected
        case "closed": return .closed(until: (reply.closed ?? reply.now) / 1_000 - time.ahead)
        case "again": return .minute(nextToken: boot + 0.2)
        default: return .minute(nextToken: max(boot + 0.05, reply.next.map(time.boot(of:)) ?? boot + 5))
        }
    }

    /// Our own share, once nobody else can be using it.
    private func reserveAlone(_ level: Int) throws -> QuotaGrant {
        let boot = clock.boot()
        guard standing.isAlone(at: boot) else { return .minute(nextToken: standing.aloneFrom) }
        guard note(.apart(from: standing.aloneFrom, bootID: clock.bootID)) else { return .minute(nextToken: boot + 1) }
        return try book.reserve(level: level)
    }

    func finish(_ ticket: QuotaTicket, wasSent: Bool) throws {
        defer {
            attempt { node throws(RedisFailure) in
                try node.ask(.finish) {
                    $0.ticket = "\(ticket.id)"
                    $0.sent = wasSent
                    $0.left = Self.milliseconds(MinuteLog.hold)
                }
            }
        }
        try book.finish(ticket, wasSent: wasSent)
    }

    func close(until wall: Double) throws {
        try book.close(until: wall + time.ahead)
        let until = Int64((wall + time.ahead) * 1_000)
        attempt { node throws(RedisFailure) in try node.ask(.close) { $0.closed = until } }
    }

    func open() throws {
        try book.open()
        attempt { node throws(RedisFailure) in try node.ask(.open) }
    }

    func learn(_ server: ServerQuota) {
        attempt { node throws(RedisFailure) in
            try node.ask(.learn) {
                $0.serverDay = server.dayUsed
                $0.serverMonth = server.monthUsed
            }
        }
    }

    func rejectKey() {
        rejected = keyFingerprint
        guard let fingerprint = rejected else { return }
        attempt { node throws(RedisFailure) in try node.ask(.reject) { $0.rejected = fingerprint } }
    }

    /// Once for the cluster and date: the first node that asks. While the cluster is away nobody tells.
    func mayTell() -> Bool {
        var isOurs = false
        attempt { node throws(RedisFailure) in isOurs = try node.ask(.notice).notice ?? false }
        return isOurs
    }
}

/// The cluster's quota as the scheduler knows it.
package struct ClusterLedger: QuotaLedger {
    let node: ClusterNode

    package nonisolated(nonsending) func reserve(level: Int) async throws -> QuotaGrant {
        try await node.reserve(level: level)
    }
    package nonisolated(nonsending) func finish(_ ticket: QuotaTicket, wasSent: Bool) async throws {
        try await node.finish(ticket, wasSent: wasSent)
    }
    package nonisolated(nonsending) func close(until wall: Double) async throws { try await node.close(until: wall) }
    package nonisolated(nonsending) func open() async throws { try await node.open() }
    package nonisolated(nonsending) func learn(_ server: ServerQuota) async throws { await node.learn(server) }
    package nonisolated(nonsending) func setLimits(_ limits: QuotaLimits) async { await node.setLimits(limits) }
    package nonisolated(nonsending) func rejectKey() async { await node.rejectKey() }
    package nonisolated(nonsending) func mayTell(_ date: String) async -> Bool { await node.mayTell() }

    /// From what is known here, so that nobody who looks waits for the server.
    package nonisolated(nonsending) func usage() async throws -> QuotaUsage { try node.usage() }
}

extension ClusterNode {
    nonisolated func usage() throws -> QuotaUsage {
        let view = view.withLock { $0 }
        let wall = clock.wall()
        guard view.isUp, let reply = view.reply else {
            var usage = try book.usage()
            // Nothing is free before the share is ours.
            if clock.boot() < view.aloneFrom { usage.minuteUsed = max(usage.minuteUsed, usage.limits.perMinute) }
            return usage
        }
        return QuotaUsage(
            minuteUsed: reply.minute ?? 0, dayUsed: reply.day ?? 0, monthUsed: reply.month ?? 0,
            dayByOthers: reply.others ?? 0, limits: view.limits, isClosed: reply.closed != nil,
            dayResetsAt: UTCDate.nextDay(after: wall + time.ahead) - time.ahead,
            monthResetsAt: UTCDate.nextMonth(after: wall + time.ahead) - time.ahead)
    }
}
