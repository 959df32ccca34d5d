import Foundation
import Glibc
import VTEnrichCore

/// What of the manager's files decides whether our events become alerts: rules and `ossec.conf`. Read as root where doctor
/// is, since the service itself needs neither.
struct Ruleset: Equatable {
    /// Ours, and the stock rule that they hang below.
    static let ours = 199_900...199_906
    static let stock = 87_100

    struct Place: Equatable {
        var file: String
        /// Its `<location>`.
        var location: String?
    }

    /// The manager's folder.
    var root: String
    /// Where our rules and the stock one are defined.
    var rules: [Int: [Place]] = [:]
    /// Folders and files of rules that could not be read, with the cause.
    var unreadable: [String] = []
    /// Why `ossec.conf` could not be read.
    var settingsProblem: String?
    /// When the newest file with one of our rules was changed (wall clock).
    var changedAt: Double?
    var settings = ManagerSettings()

    /// The manager's folder that the configured paths are below; nil where they are not where Wazuh puts them.
    static func root(alerts: String, socket: String?) -> String? {
        for (path, place) in [(alerts, "/logs/alerts/alerts.json"), (socket ?? "", "/queue/sockets/queue")] {
            if path.hasSuffix(place), path.utf8.count > place.utf8.count { return String(path.dropLast(place.count)) }
        }
        return nil
    }

    /// Reads what is below `root`: of the stock rules only the files that speak of VirusTotal.
    static func read(root: String) -> Ruleset {
        var ruleset = Ruleset(root: root)
        ruleset.readSettings()
        for folder in ruleset.settings.ruleFolders ?? ["ruleset/rules", "etc/rules"] {
            ruleset.readRules(in: "\(root)/\(folder)", isStock: folder.hasPrefix("ruleset/"))
        }
        return ruleset
    }

    private mutating func readSettings() {
        let path = root + "/etc/ossec.conf"
        do throws(Unreadable) {
            settings = ManagerSettings(WazuhElement.roots(of: try Self.bytes(of: path)))
        } catch {
            settingsProblem = "cannot read \(path): \(error.cause)"
        }
    }

    private mutating func readRules(in folder: String, isStock: Bool) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            unreadable.append("\(folder): \(errnoText())")
            return
        }
        for name in names where name.hasSuffix(".xml") && (!isStock || name.contains("virustotal")) {
            do throws(Unreadable) {
                add(try Self.bytes(of: "\(folder)/\(name)"), file: "\(folder)/\(name)")
            } catch {
                unreadable.append("\(folder)/\(name): \(error.cause)")
            }
        }
    }

    private mutating func add(_ bytes: [UInt8], file: String) {
        for root in WazuhElement.roots(of: bytes) {
            for rule in root.all("rule") {
                guard let id = rule.attributes["id"].flatMap({ Int($0) }), Self.ours.contains(id) || id == Self.stock
                else { continue }
                let location = rule.children.first { $0.name == "location" }?.text
                rules[id, default: []].append(Place(file: file, location: location))
                guard id != Self.stock, let time = Self.changeTime(of: file) else { continue }
                changedAt = max(changedAt ?? 0, time)
            }
        }
    }

    static func changeTime(of path: String) -> Double? {
        var facts = stat()
        return stat(path, &facts) == 0 ? Double(facts.st_mtim.tv_sec) : nil
    }

    private struct Unreadable: Error {
        var cause: String
    }

    private static func bytes(of path: String) throws(Unreadable) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Unreadable(cause: errnoText()) }
        do {
            return Array(try handle.read(upToCount: 16 << 20) ?? Data())
        } catch {
            throw Unreadable(cause: error.localizedDescription)
        }
    }
}

/// What `ossec.conf` says of alerts and integrations.
struct ManagerSettings: Equatable {
    /// `<rule_dir>` of `<ruleset>`, below the manager's folder; nil: the usual ones.
    var ruleFolders: [String]?
    var jsonOut: Bool?
    var logAlertLevel: Int?
    /// Names of `<integration>` blocks that ask VirusTotal for addresses.
    var integrations: [String] = []

    init() {}

    init(_ roots: [WazuhElement]) {
        let sections = roots.filter { $0.name == "ossec_config" }.flatMap(\.children)
        func value(_ section: String, _ key: String) -> String? {
            sections.filter { $0.name == section }.flatMap(\.children).last { $0.name == key }
                .map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        let folders = sections.filter { $0.name == "ruleset" }.flatMap(\.children).filter { $0.name == "rule_dir" }
        if !folders.isEmpty {
            ruleFolders = folders.map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        jsonOut = value("global", "jsonout_output").map { $0 == "yes" }
        logAlertLevel = value("alerts", "log_alert_level").flatMap { Int($0) }
        integrations = sections.filter { $0.name == "integration" }.compactMap { IntegrationBlock($0).name }
            .filter { $0.hasPrefix("custom-virustotal") }
    }
}
