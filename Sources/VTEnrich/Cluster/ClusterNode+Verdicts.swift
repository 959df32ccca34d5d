import Foundation
import Synchronization
package import VTEnrichCore

/// Verdicts and claims. What goes wrong here costs a request more, never a limit.
extension ClusterNode {
    private static let mostUnpublished = 10_000

    func known(_ addresses: [IPAddress]) -> [IPAddress: CachedVerdict] {
        var found: [IPAddress: CachedVerdict] = [:]
        attempt { node throws(RedisFailure) in
            let keys = addresses.map { "\(node.settings.base):v:\($0)" }
            guard !keys.isEmpty, let values = try node.send(["MGET"] + keys).list else { return }
            for (address, value) in zip(addresses, values) { found[address] = value.text.flatMap(node.entry(of:)) }
        }
        return found
    }

    func claim(_ address: IPAddress, newerThan entry: CachedVerdict?) -> VerdictClaim {
        var claim = VerdictClaim.mine
        attempt { node throws(RedisFailure) in
            let rank = entry.map { Self.text($0.rank + node.time.ahead + 0.25) } ?? "-1"
            let seconds = ClusterStanding.inFlight(timeout: node.timeout) - MinuteLog.hold + 5
            let parts = try node.run(
                VerdictScript.source,
                ["claim", address.description, node.node, rank, "\(Self.milliseconds(seconds))"]
            ).list
            switch parts?.first?.text {
            case "taken": claim = .taken
            case "known": if let known = parts?.last?.text.flatMap(node.entry(of:)) { claim = .known(known) }
            default: break
            }
        }
        return claim
    }

    func release(_ address: IPAddress) {
        attempt { node throws(RedisFailure) in
            _ = try node.run(VerdictScript.source, ["release", address.description, node.node])
        }
    }

    func publish(_ address: IPAddress, _ entry: CachedVerdict) {
        if unpublished.count < Self.mostUnpublished { unpublished[address] = entry }
        attempt { node throws(RedisFailure) in try node.publishRest() }
    }

    /// What could not be told when it came.
    func publishRest() throws(RedisFailure) {
        for (address, entry) in unpublished {
            let left = entry.expiresAt - clock.wall()
            if left > 1, let text = text(of: entry) {
                _ = try run(
                    VerdictScript.source,
                    ["publish", address.description, node, text, "\(Self.milliseconds(left))"])
            } else {
                _ = try run(VerdictScript.source, ["release", address.description, node])
            }
            unpublished[address] = nil
        }
    }

    /// Takes what others published since the last look.
    func readNews() throws(RedisFailure) {
        var count = 0
        repeat {
            guard let parts = try run(VerdictScript.source, ["news", newsID]).list, parts.count == 2,
                let last = parts[0].text, let found = parts[1].list
            else { return }
            newsID = last
            count = found.count / 2
            var entries: [IPAddress: CachedVerdict] = [:]
            for index in stride(from: 0, to: found.count - 1, by: 2) {
                guard let address = found[index].text.flatMap({ IPAddress($0) }) else { continue }
                entries[address] = found[index + 1].text.flatMap(entry(of:))
            }
            guard !entries.isEmpty else { return }
            arrivals.withLock { $0.entries.merge(entries) { $1 } }
            onChange()
        } while count >= 100
    }

    nonisolated func takeNews() -> SharedNews {
        arrivals.withLock { arrivals in
            defer { arrivals = SharedNews() }
            return arrivals
        }
    }

    // MARK: Their text: `rank JSON`, by the server's clock.

    private func text(of entry: CachedVerdict) -> String? {
        var entry = entry
        entry.fetchedAt += time.ahead
        entry.expiresAt += time.ahead
        return (try? JSONEncoder().encode(entry)).map {
            "\(Self.text(entry.rank)) \(String(decoding: $0, as: UTF8.self))"
        }
    }

    private func entry(of text: String) -> CachedVerdict? {
        guard let space = text.firstIndex(of: " "),
            var entry = try? JSONDecoder().decode(CachedVerdict.self, from: Data(text[space...].utf8))
        else { return nil }
        entry.fetchedAt -= time.ahead
        entry.expiresAt -= time.ahead
        return entry
    }

    private static func text(_ rank: Double) -> String { String(format: "%.3f", rank) }
}

/// The cluster's verdicts as the scheduler knows them.
package struct ClusterVerdicts: SharedVerdicts {
    let node: ClusterNode

    package nonisolated(nonsending) func known(_ addresses: [IPAddress]) async -> [IPAddress: CachedVerdict] {
        await node.known(addresses)
    }
    package nonisolated(nonsending) func claim(
        _ address: IPAddress, newerThan entry: CachedVerdict?
    ) async -> VerdictClaim {
        await node.claim(address, newerThan: entry)
    }
    package nonisolated(nonsending) func release(_ address: IPAddress) async { await node.release(address) }
    package nonisolated(nonsending) func publish(_ address: IPAddress, _ entry: CachedVerdict) async {
        await node.publish(address, entry)
    }
    package nonisolated(nonsending) func news() async -> SharedNews { node.takeNews() }
}
