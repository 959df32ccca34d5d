import Foundation
import Logging
import Synchronization
import VTEnrichCore

/// The exchanges with the server.
extension ClusterNode {
    /// One operation of the quota script, with what the book says of us; joins again where the server asks for it.
    @discardableResult
    func ask(
        _ operation: QuotaRequest.Operation, _ change: (inout QuotaRequest) -> Void = { _ in }
    ) throws(RedisFailure) -> QuotaReply {
        var reply = try exchange(operation, change)
        if reply.late == true {
            try synchronize()
            reply = try exchange(operation, change)
        }
        if reply.join == true, operation != .join {
            log.notice("the cluster's server is another one or has forgotten: telling it what this node spent")
            try absorb(try exchange(.join, { _ in }))
            arrivals.withLock { $0.isBack = true }
            newsID = ""
            reply = try exchange(operation, change)
        }
        guard reply.late != true, reply.join != true else {
            throw RedisFailure("the server's clock runs away from this machine's")
        }
        try absorb(reply)
        return reply
    }

    /// Learns the server's clock.
    func synchronize() throws(RedisFailure) {
        let asked = clock.boot()
        guard let parts = try send(["TIME"]).list, parts.count == 2, let seconds = parts[0].text.flatMap(Double.init),
            let micros = parts[1].text.flatMap(Double.init)
        else { throw RedisFailure("the server does not tell the time") }
        time.note(seconds * 1_000 + micros / 1_000, asked: asked)
    }

    private func exchange(
        _ operation: QuotaRequest.Operation, _ change: (inout QuotaRequest) -> Void
    ) throws(RedisFailure) -> QuotaReply {
        var request = try request(operation)
        change(&request)
        guard let json = try? JSONEncoder().encode(request) else { throw RedisFailure("a message cannot be written") }
        let (before, asked) = (standing, clock.boot())
        standing.sent(at: asked, timeout: timeout)
        let answer: RedisReply
        do throws(RedisFailure) {
            answer = try run(QuotaScript.source, [String(decoding: json, as: UTF8.self)])
        } catch {
            // What is refused was not obeyed.
            if error.isRefusal { standing = before }
            throw error
        }
        guard let text = answer.text, let reply = try? JSONDecoder().decode(QuotaReply.self, from: Data(text.utf8))
        else {
            throw RedisFailure("the server's answer cannot be read: is cluster.prefix used by something else?")
        }
        time.note(reply.now, asked: asked)
        if reply.late == true || reply.join == true { standing = before }
        return reply
    }

    private func request(_ operation: QuotaRequest.Operation) throws(RedisFailure) -> QuotaRequest {
        let book: QuotaBook
        do throws(StoreError) {
            book = try self.book.book()
        } catch {
            throw RedisFailure("the state does not tell what was spent: \(error)")
        }
        let share = ClusterShare(nodes: settings.nodes).limits(limits)
        let inFlight = Self.milliseconds(ClusterStanding.inFlight(timeout: max(timeout, settings.timeout)))
        var request = QuotaRequest(
            op: operation, node: node, inc: incarnation, name: hostName,
            deadline: Int64(time.latest(at: clock.boot()) + settings.patience * 1_000), nodes: settings.nodes,
            perMinute: limits.perMinute, perDay: limits.perDay, perMonth: limits.perMonth,
            shareMinute: share.perMinute, shareDay: share.perDay, shareMonth: share.perMonth, inflight: inFlight,
            date: book.date, day: book.day, month: book.month, key: keyFingerprint)
        guard operation == .join else { return request }
        for (ticket, left) in book.held { request.held["\(ticket)"] = left.map(Self.milliseconds) ?? inFlight }
        request.unknown = Self.milliseconds(book.unknownFor)
        request.known = spent
        request.noticed = noticed
        request.rejected = rejected
        request.closed = book.closedUntil.map { Int64($0 * 1_000) } ?? 0
        return request
    }

    private func absorb(_ reply: QuotaReply) throws(RedisFailure) {
        if let spent = reply.spent { self.spent = spent }
        if let told = reply.timeout {
            timeout = max(settings.timeout, told / 1_000 - ClusterStanding.inFlight(timeout: 0))
        }
        noticed = reply.noticed
        if let mine = reply.mine, let date = reply.date { try raise(mine, date) }
        let aloneFrom = standing.aloneFrom
        let isChanged = view.withLock { view in
            let before = view.reply
            view.reply = reply
            view.aloneFrom = aloneFrom
            guard let before else { return true }
            return before.present != reply.present || before.closed != reply.closed
                || (before.quiet == nil) != (reply.quiet == nil) || (before.free ?? 0) > (reply.free ?? 0) + 50
        }
        if isChanged { onChange() }
    }

    /// After a state that was lost or set back: the cluster remembers what was spent.
    private func raise(_ mine: QuotaReply.Count, _ date: String) throws(RedisFailure) {
        do throws(StoreError) {
            let book = try self.book.book()
            guard book.date == date, mine.day > book.day || mine.month > book.month else { return }
            try self.book.raise(to: mine.day, month: mine.month, on: date)
        } catch {
            throw RedisFailure("the state does not take what was spent: \(error)")
        }
    }

    /// Runs a script by its name, and by its text where the server does not know it (any more).
    func run(_ script: String, _ arguments: [String]) throws(RedisFailure) -> RedisReply {
        let isQuota = script == QuotaScript.source
        let name = isQuota ? Self.quotaScript : Self.verdictScript
        let rest = ["1", settings.base + (isQuota ? ":quota" : "")] + arguments
        do throws(RedisFailure) {
            return try send(["EVALSHA", name] + rest)
        } catch {
            guard error.isRefusal, error.description.hasPrefix("NOSCRIPT") else { throw error }
            return try send(["EVAL", script] + rest)
        }
    }

    func send(_ command: [String]) throws(RedisFailure) -> RedisReply {
        guard let connection else { throw RedisFailure("there is no connection") }
        let reply = try connection.exchange(command)
        if case .error(let cause) = reply { throw RedisFailure(printable(cause), isRefusal: true) }
        return reply
    }

    private static let quotaScript = ClusterDigest.of(script: QuotaScript.source)
    private static let verdictScript = ClusterDigest.of(script: VerdictScript.source)

    static func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1_000).rounded(.up)) }
}
