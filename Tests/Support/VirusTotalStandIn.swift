import Foundation
import Synchronization

/// A VirusTotal on 127.0.0.1: the three requests the daemon makes, answered by address (`VirusTotalSample`), by script or
/// by fault, with a journal of everything that was asked.
package final class VirusTotalStandIn: Sendable {
    package struct Settings: Sendable {
        package var port: UInt16 = 0
        /// nil takes any key, but not none.
        package var key: String?
        /// nil: no limit. The real one counts per key, here there is one.
        package var perMinute: Int?
        package var perDay: Int?
        /// Seconds that `perMinute` stands for.
        package var window = 60.0
        /// Seconds before each answer.
        package var latency = 0.0
        /// A file that gets one JSON line for each request.
        package var log: String?

        package init() {}
    }

    /// One request as the server saw it. The key itself is never kept.
    package struct Request: Sendable {
        /// Seconds, monotonic.
        package var time: Double
        /// Path and query.
        package var target: String
        /// In lower case.
        package var headerNames: Set<String>
        package var userAgent: String?
        package var hasKey: Bool
        /// The connection's number, from 1.
        package var connection: Int
        /// nil: no answer was sent.
        package var status: Int?

        /// Whether it costs quota: `overall_quotas` is free (`virustotal.md` §3.2).
        package var isCounted: Bool { !target.contains("/overall_quotas") }
    }

    private struct State {
        var requests: [Request] = []
        var scripts: [String: [Reply]] = [:]
        var next: [Reply] = []
        var always: Reply?
        var quota: StandInQuota
    }

    private let settings: Settings
    private let state: Mutex<State>
    private let server: LoopbackServer

    package init(_ settings: Settings = Settings()) throws {
        self.settings = settings
        state = Mutex(State(quota: StandInQuota(settings)))
        let work = Weak<VirusTotalStandIn>()
        server = try LoopbackServer(port: settings.port) { connection in
            while let head = connection.readRequest(), let standIn = work.value {
                guard standIn.answer(head, connection) else { return }
            }
        }
        work.value = self
    }

    /// For `virustotal.url`.
    package var url: String { "http://127.0.0.1:\(server.port)" }
    package var port: UInt16 { server.port }
    package var requests: [Request] { state.withLock { $0.requests } }
    package var connectionCount: Int { server.connectionCount }

    /// Ends every connection; from then on the port refuses.
    package func stop() {
        server.stop()
    }

    /// The next answers for lookups of this address, one after the other; after them its own again.
    package func answer(_ address: String, with replies: Reply...) {
        state.withLock { $0.scripts[address, default: []] += replies }
    }

    /// The next answers, whatever is asked, before any other script.
    package func answerNext(with replies: Reply...) {
        state.withLock { $0.next += replies }
    }

    /// Every answer until it is called again with nil: an outage.
    package func answerAll(with reply: Reply?) {
        state.withLock { $0.always = reply }
    }

    /// The most counted requests in any window of so many seconds (T33).
    package func mostRequests(inAny seconds: Double) -> Int {
        let times = requests.filter(\.isCounted).map(\.time)
        return times.indices.map { first in times[first...].prefix { $0 < times[first] + seconds }.count }.max() ?? 0
    }

    private func answer(_ head: Connection.RequestHead, _ connection: Connection) -> Bool {
        var request = Request(
            time: monotonicSeconds(), target: head.target, headerNames: Set(head.headers.keys),
            userAgent: head.headers["user-agent"], hasKey: head.headers["x-apikey"] != nil,
            connection: connection.number)
        let reply = state.withLock { state in
            let reply = self.reply(to: request, key: head.headers["x-apikey"], &state)
            if case .silence = reply.delivery {} else { request.status = reply.status }
            state.requests.append(request)
            return reply
        }
        log(request)
        return reply.delayed(reply.delay + settings.latency).send(over: connection)
    }

    private func reply(to request: Request, key: String?, _ state: inout State) -> Reply {
        if let reply = state.always { return reply }
        if !state.next.isEmpty { return state.next.removeFirst() }
        guard let key else { return .error(401, "AuthenticationRequiredError", "X-Apikey header is missing") }
        guard settings.key == nil || settings.key == key else {
            return .error(401, "WrongCredentialsError", "Wrong API key")
        }
        guard let path = URLComponents(string: request.target),
            case let parts = path.percentEncodedPath.split(separator: "/").map({ $0.removingPercentEncoding ?? "" }),
            parts.starts(with: ["api", "v3"])
        else { return .html(404) }
        switch (parts.dropFirst(2).first, parts.count, parts.last) {
        case ("users", 5, "overall_quotas"):
            return state.quota.answer(now: wallSeconds())
        case ("ip_addresses", 4, let address?):
            return spend(&state) ?? scripted(address, &state) ?? VirusTotalSample(address).answer(now: wallSeconds())
        case ("ip_addresses", 5, "communicating_files"):
            let limit = path.queryItems?.first { $0.name == "limit" }?.value.flatMap(Int.init) ?? 10
            return spend(&state) ?? scripted(request.target, &state)
                ?? VirusTotalSample(parts[3]).filesAnswer(limit: limit)
        default:
            return .html(404)
        }
    }

    private func spend(_ state: inout State) -> Reply? {
        state.quota.spend(at: monotonicSeconds(), date: wallSeconds())
            ? nil : .error(429, "QuotaExceededError", "Quota exceeded")
    }

    /// - Parameter name: an address, or the whole path of another request.
    private func scripted(_ name: String, _ state: inout State) -> Reply? {
        guard state.scripts[name]?.isEmpty == false else { return nil }
        return state.scripts[name]?.removeFirst()
    }

    private func log(_ request: Request) {
        guard let path = settings.log else { return }
        let line = """
            {"time":\(request.time),"target":"\(request.target)","key":\(request.hasKey),\
            "connection":\(request.connection),"status":\(request.status ?? 0)}

            """
        appendToFile(path, Array(line.utf8))
    }
}
