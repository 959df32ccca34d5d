import Dispatch
import Foundation
import VTEnrichCore

/// Connection and login to the cluster's server as the daemon makes them, who is there, and what each spent. Changes nothing there.
enum ClusterProbe {
    /// nil without a cluster.
    static func finding(_ configuration: Configuration) async -> Finding? {
        guard let settings = ClusterSettings(configuration) else { return nil }
        return await withCheckedContinuation { continuation in
            DispatchQueue(label: "vtenrichd.probe.cluster").async { continuation.resume(returning: examine(settings)) }
        }
    }

    private static func examine(_ settings: ClusterSettings) -> Finding {
        do throws(RedisFailure) {
            let connection = try settings.connect()
            let begin = monotonic()
            guard let info = try connection.exchange(["INFO"]).text else {
                throw RedisFailure("the server does not answer INFO")
            }
            let took = Int(((monotonic() - begin) * 1_000).rounded())
            let state = try connection.exchange(["HGETALL", settings.base + ":quota"])
            if case .error(let cause) = state { throw RedisFailure(printable(cause)) }
            return judge(info, pairs(state), settings, milliseconds: took)
        } catch {
            return Finding(
                .cluster, .fail, "\(settings.address.text): \(error)",
                remedy: "look at the server's log, and at cluster.redis, cluster.password_file and cluster.ca_file")
        }
    }

    private static func judge(
        _ info: String, _ fields: [String: String], _ settings: ClusterSettings, milliseconds: Int
    ) -> Finding {
        func told(_ name: String) -> String? {
            info.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }
                .map { printable(String($0.dropFirst(name.count + 1))) }
        }
        let now = Clock.system.wall()
        let date = UTCDate(wall: now).description
        let nodes = fields.keys.filter { $0.hasPrefix("n:") }.map { String($0.dropFirst(2)) }.sorted()
        let spent = nodes.map { node in
            let name = fields["n:\(node)"].flatMap(name) ?? "?"
            return "\(printable(name)) (\(node.prefix(6))) \(fields["d:\(date):\(node)"].flatMap { Int($0) } ?? 0)"
        }
        var text = "\(settings.address.text) answers after \(milliseconds) ms"
        if let version = told("valkey_version") ?? told("redis_version") { text += ", version \(version)" }
        text +=
            nodes.isEmpty ? "; no node was there yet" : "; lookups of today by node: \(spent.joined(separator: ", "))"
        if told("role") == "slave" {
            return Finding(
                .cluster, .fail, "\(text); it is a replica and takes no writes",
                remedy: "set cluster.redis to the primary")
        }
        if let policy = told("maxmemory_policy"), policy.hasPrefix("allkeys") {
            return Finding(
                .cluster, .warn,
                "\(text); with maxmemory-policy \(policy) it may throw the quota away, and lookups pause",
                remedy: "redis-cli CONFIG SET maxmemory-policy volatile-ttl")
        }
        if nodes.count > settings.nodes {
            return Finding(
                .cluster, .warn,
                "\(text); \(nodes.count) nodes were there within two days, cluster.nodes says \(settings.nodes)",
                remedy: "set cluster.nodes to the number of managers on all of them")
        }
        return Finding(.cluster, .ok, text)
    }

    private static func name(_ record: String) -> String? {
        struct Record: Decodable { var name: String }
        return try? JSONDecoder().decode(Record.self, from: Data(record.utf8)).name
    }

    private static func pairs(_ reply: RedisReply) -> [String: String] {
        let words = (reply.list ?? []).map { $0.text ?? "" }
        return Dictionary(
            stride(from: 0, to: words.count - words.count % 2, by: 2).map { (words[$0], words[$0 + 1]) },
            uniquingKeysWith: { $1 })
    }
}
