import Foundation
package import VTEnrichCore

/// What the daemon finds on a manager, in a folder of its own: alerts.json, the queue socket's place, key, configuration
/// and state directory.
package final class TemporaryManager: Sendable {
    package static let key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    package let folder: TemporaryFolder
    package var alertsPath: String { folder["logs/alerts/alerts.json"] }
    package var socketPath: String { folder["queue.sock"] }
    package var keyPath: String { folder["virustotal.key"] }
    package var statePath: String { folder["state"] }
    package var controlPath: String { folder["control.sock"] }
    package var configurationPath: String { folder["vtenrichd.yaml"] }
    /// Standard error of the daemon, over all its starts.
    package var logPath: String { folder["vtenrichd.log"] }

    /// - Parameter alerts: content of alerts.json; nil: there is none yet.
    package init(alerts: String? = "") throws {
        folder = try TemporaryFolder()
        try folder.write("virustotal.key", Self.key + "\n", mode: 0o600)
        try folder.makeFolder(of: alertsPath)
        try folder.makeFolder(of: folder["state/state.db"])
        if let alerts { try folder.write("logs/alerts/alerts.json", alerts) }
    }

    /// Writes the configuration file.
    ///
    /// - Parameters:
    ///   - url: the VirusTotal stand-in's.
    ///   - changes: dotted keys with YAML values, `["queue.max_wait": "5s", "filters": "[{group: [sshd]}]"]`; over the
    ///     paths of this manager, `alerts.start: beginning`, and `virustotal.pivot: off`.
    package func configure(virusTotal url: String, _ changes: [String: String] = [:]) throws {
        let own = [
            "alerts.path": alertsPath, "alerts.start": "beginning", "virustotal.url": url,
            "virustotal.api_key_file": keyPath, "virustotal.pivot": "off", "output.analysisd.socket": socketPath,
            "state_dir": statePath, "control_socket": controlPath,
            // Most stand-ins send nothing back, and a busy machine is slow.
            "output.analysisd.confirm_after": "10m",
        ]
        try folder.write("vtenrichd.yaml", Self.yaml(own.merging(changes) { $1 }))
    }

    /// Dotted keys as nested mappings.
    private static func yaml(_ values: [String: String], indent: String = "") -> String {
        let groups = Dictionary(grouping: values) { $0.key.prefix { $0 != "." } }
        return groups.sorted { $0.key < $1.key }.map { name, members in
            if let plain = members.first(where: { $0.key == name }) { return "\(indent)\(name): \(plain.value)\n" }
            let inner = members.map { (String($0.key.dropFirst(name.count + 1)), $0.value) }
            return "\(indent)\(name):\n" + yaml(Dictionary(uniqueKeysWithValues: inner), indent: indent + "  ")
        }.joined()
    }

    /// Appends to alerts.json as analysisd does.
    package func append(_ lines: String...) {
        appendToFile(alertsPath, Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    /// The agent of most alerts.
    package static let agent = Alert.Agent(id: "007", name: "web", ip: "10.0.0.7")

    /// A minimal alert with a source address, in the shape of `wazuh.md` §3.
    package static func alert(
        id: String, srcip: String, level: Int = 5, group: String = "sshd", agent: Alert.Agent = agent
    ) -> String {
        let place = agent.ip.map { #","ip":"\#($0)""# } ?? ""
        return """
            {"timestamp":"2025-07-21T12:41:18.157+0000","rule":{"level":\(level),"description":"sshd: attempt",\
            "id":"5710","groups":["syslog","\(group)"]},"agent":{"id":"\(agent.id)","name":"\(agent.name)"\(place)},\
            "manager":{"name":"manager"},"id":"\(id)","full_log":"sshd: Failed password from \(srcip) port 22",\
            "data":{"srcip":"\(srcip)"},"location":"/var/log/auth.log"}
            """
    }

    /// Starts `vtenrichd run`.
    package func start(environment: [String: String] = [:]) throws -> RunningProgram {
        try Program("vtenrichd").start(
            ["run", "--config", configurationPath], environment: environment, output: folder["vtenrichd.out"],
            errors: logPath)
    }

    /// Runs another command of `vtenrichd` with this manager's configuration.
    package func run(_ arguments: String...) async throws -> Program.Output {
        try await Program("vtenrichd").run(arguments + ["--config", configurationPath])
    }

    package var log: String { (try? folder.read("vtenrichd.log")) ?? "" }
}
