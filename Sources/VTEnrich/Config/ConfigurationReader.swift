import VTEnrichCore
import Yams

/// A configuration that may be used, and what the administrator should know about it.
package struct LoadedConfiguration: Sendable, Equatable {
    package var configuration: Configuration
    /// In the order of the file.
    package var warnings: [ConfigurationIssue]

    package init(_ configuration: Configuration, warnings: [ConfigurationIssue] = []) {
        self.configuration = configuration
        self.warnings = warnings
    }
}

/// Reads a configuration file whole or not at all: every problem is reported at once, and any error refuses it. The API
/// key is not part of it (`APIKey`). Blocks for the reading of one file; call it from a queue of your own.
package enum ConfigurationReader {
    package static let defaultPath = "/etc/vtenrichd/vtenrichd.yaml"

    /// Every key of the file, dotted.
    package static var keys: [String] { KeyTable.configuration.fields.map(\.key) }

    package static func load(path: String) throws(ConfigurationErrors) -> LoadedConfiguration {
        let bytes: [UInt8]
        do throws(ConfigurationIssue) {
            bytes = try ConfigurationFile.read(path: path)
        } catch {
            throw ConfigurationErrors([error])
        }
        return try parse(bytes, file: path)
    }

    /// - Parameter file: how messages name it.
    package static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) -> LoadedConfiguration {
        let root: Node?
        do throws(ConfigurationIssue) {
            root = try ConfigurationFile.compose(bytes, file: file)
        } catch {
            throw ConfigurationErrors([error])
        }
        var configuration = Configuration()
        var reading = ConfigurationReading(file: file)
        if let root { KeyTable.configuration.read(root, into: &configuration, &reading) }
        configuration.selection.ownLocation = configuration.analysisd?.location ?? Configuration.Analysisd().location
        checkTogether(configuration, &reading)
        let issues = reading.sortedIssues
        guard !issues.contains(where: { $0.severity == .error }) else { throw ConfigurationErrors(issues) }
        return LoadedConfiguration(configuration, warnings: issues)
    }

    /// Names tell outputs apart, in the outbox too; two that write one file would damage it.
    private static func checkOutputs(_ configuration: Configuration, _ reading: inout ConfigurationReading) {
        var names: Set<String> = configuration.outputFile == nil ? [] : ["file"]
        var paths = Set([configuration.alerts.path, configuration.outputFile].compactMap { $0 })
        for output in configuration.outputs {
            if !names.insert(output.name).inserted {
                reading.add(
                    .error, "two outputs are called '\(output.name)': give one a name of its own", keys: "outputs")
            }
            if let path = output.path, !paths.insert(path).inserted {
                reading.add(.error, "\(path) is the file of another output or of alerts.path", keys: "outputs")
            }
        }
    }

    /// What no single key can tell.
    private static func checkTogether(_ configuration: Configuration, _ reading: inout ConfigurationReading) {
        let verdict = configuration.verdict
        if verdict.mediumAbove > verdict.highAbove {
            reading.add(
                .error, "medium_above (\(verdict.mediumAbove)) must not exceed high_above (\(verdict.highAbove))",
                keys: "severity.medium_above", "severity.high_above")
        }
        if verdict.scoreSuspiciousMin > verdict.scoreMaliciousMin {
            reading.add(
                .warning, "is above score_malicious_min, so it never decides", keys: "verdict.score_suspicious_min",
                "verdict.score_malicious_min")
        }
        checkOutputs(configuration, &reading)
        if configuration.analysisd == nil && configuration.outputFile == nil && configuration.outputs.isEmpty {
            reading.add(
                .error, "is null and there is no output.file: no event would go anywhere", keys: "output.analysisd")
        }
        if let file = configuration.outputFile, file == configuration.alerts.path {
            reading.add(.error, "is the file of alerts.path, which is only read", keys: "output.file", "alerts.path")
        }
        if configuration.controlSocket == configuration.analysisd?.socket {
            reading.add(
                .error, "is the socket of analysisd", keys: "control_socket", "output.analysisd.socket")
        }
        let location = configuration.selection.ownLocation
        if location != Configuration.Analysisd().location {
            reading.add(
                .warning,
                "the rules in rules/vtenrich_rules.xml match location virustotal_ip only: change it there too",
                keys: "output.analysisd.location")
        }
        if configuration.cluster.redis != nil, configuration.cluster.nodes > configuration.virusTotal.quota.perMinute {
            reading.add(
                .warning, "is more than per_minute: a node without the others has no share and asks nothing",
                keys: "cluster.nodes", "virustotal.quota.per_minute")
        }
        let quota = configuration.virusTotal.quota
        if case .count(let count) = quota.reserve, count > quota.perDay, quota.perDay >= 20 {
            reading.add(
                .warning, "holds back the whole day for alerts of level \(quota.reserveLevel) and above",
                keys: "virustotal.quota.reserve", "virustotal.quota.per_day")
        }
    }
}

extension Configuration {
    /// The keys whose values differ though only a restart can change them (T47). Not empty: a reload is refused.
    package func needsRestart(comparedTo running: Configuration) -> [String] {
        KeyTable.configuration.fields
            .filter { $0.isFixed && $0.write(self) != $0.write(running) }
            .map(\.key)
    }

    /// The effective values as the YAML that `ConfigurationReader` reads back to the same value; only a proxy's user
    /// name and password are masked.
    package func yaml() throws -> String {
        var tree = KeyTable.configuration.write(self)
        if analysisd == nil { tree["output"]?["analysisd"] = .null }
        return try Yams.serialize(node: tree, indent: 2, width: -1, allowUnicode: true)
    }
}
