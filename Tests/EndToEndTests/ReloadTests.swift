import Foundation
import Support
import Testing
import VTEnrich

/// A reload takes configuration and key whole or not at all.
struct ReloadTests {
    /// What may be wrong with the next configuration, and what the operator is told.
    private static let faults: [(what: String, message: String)] = [
        ("syntax", "not YAML"), ("unknown key", ":1:1: qouta: unknown key"),
        ("bad value", ":2:16: queue.max_pending: must be 1 to"), ("key file", "run: chmod 640 "),
        ("no file", "cannot open the configuration: No such file"),
    ]

    private func apply(_ fault: String, to manager: TemporaryManager) throws {
        let text = try manager.folder.read("vtenrichd.yaml")
        switch fault {
        case "syntax": try manager.folder.write("vtenrichd.yaml", text + "filters: [{group: sshd\n")
        case "unknown key": try manager.folder.write("vtenrichd.yaml", "qouta: {}\n" + text)
        case "bad value": try manager.folder.write("vtenrichd.yaml", "queue:\n  max_pending: 0\n" + text)
        case "key file": chmod(manager.keyPath, 0o644)
        default: unlink(manager.configurationPath)
        }
    }

    @Test(arguments: faults)
    func `T45 a fault refuses it whole: told at the command, in log and status, and the old one goes on`(
        fault: String, message: String
    ) async throws {
        let site = try Installation()
        let daemon = try await site.start()
        try apply(fault, to: site.manager)
        if fault == "no file" {
            // Without it no command knows where the daemon is.
            daemon.send(SIGHUP)
            try await eventually("it is refused") { site.lines(of: "reload refused") == 1 }
            try site.configure()
        } else {
            let refused = try await site.manager.run("reload")
            #expect(refused.status == 78 && refused.standardOutput == "")
            #expect(refused.standardError.contains(message), "\(refused.standardError)")
        }
        #expect(site.manager.log.contains(message))
        let degraded = try await site.status()
        #expect(degraded.health == .degraded)
        #expect(degraded.config.lastReload?.contains(message) == true)
        #expect(degraded.problems.contains { $0.contains(message) })
        site.manager.append(Alerts.line(1))
        try await site.received(1)

        try site.configure()
        chmod(site.manager.keyPath, 0o600)
        let applied = try await site.manager.run("reload")
        #expect(applied.status == 0 && applied.standardError == "")
        let healthy = try await site.status()
        #expect(healthy.config.lastReload == "applied" && healthy.health == .healthy && healthy.problems == [])
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `T45 SIGHUP with a broken file keeps the old one, with a good one takes it`() async throws {
        let site = try Installation()
        let daemon = try await site.start()
        let good = try site.manager.folder.read("vtenrichd.yaml")
        try site.manager.folder.write("vtenrichd.yaml", good + "filters: [{rule_id: x}]\n")
        daemon.send(SIGHUP)
        let lastLine = good.split(separator: "\n").count + 1
        try await eventually("the log says what is wrong") {
            site.manager.log.contains("\(site.manager.configurationPath):\(lastLine):21: filters.rule_id")
        }
        let refused = try await site.status()
        #expect(refused.health == .degraded)
        #expect(refused.problems.contains { $0.contains("vtenrichd.yaml:\(lastLine):21: filters.rule_id") })
        site.manager.append(Alerts.line(1, level: 3))
        try await site.received(1)

        try site.manager.folder.write("vtenrichd.yaml", good + "filters: [{level: 7}]\n")
        daemon.send(SIGHUP)
        try await eventually("it is applied") { site.lines(of: "configuration reloaded") == 1 }
        site.manager.append(Alerts.line(2, level: 3), Alerts.line(3, level: 7))
        try await site.received(2)
        #expect(site.receivedIDs == [Alerts.id(1), Alerts.id(3)])
        #expect(try await site.status().health == .healthy)
        #expect(try await site.stop(daemon) == 0)
    }

    @Test(arguments: ["state_dir", "control_socket", "alerts.path"])
    func `T47 a setting that needs a restart is refused, and nothing else of the file is taken`(
        key: String
    ) async throws {
        let site = try Installation()
        let daemon = try await site.start()
        try site.configure([key: site.manager.folder["other"], "filters": "[{level: 7}]"])
        daemon.send(SIGHUP)
        try await eventually("it is refused") {
            site.manager.log.contains("reload refused, the old configuration stays: \(key): needs restart")
        }
        if key != "control_socket" {
            let output = try await site.manager.run("reload")
            #expect(output.status == 78 && output.standardError.contains("\(key): needs restart"))
        }
        site.manager.append(Alerts.line(1, level: 3))
        try await site.received(1)
        try site.configure()
        #expect(try await site.manager.run("reload").status == 0)
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `T46 a hundred SIGHUPs and twenty reloads under load lose nothing, and the last one wins`() async throws
    {
        let count = 300
        let site = try Installation(alerts: Alerts.text(1...count))
        let daemon = try await site.start()
        async let reloads = withThrowingTaskGroup(of: Int32.self, returning: [Int32].self) { group in
            for _ in 1...20 { group.addTask { try await site.manager.run("reload").status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for _ in 1...99 {
            daemon.send(SIGHUP)
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try await reloads == Array(repeating: 0, count: 20))
        try site.configure(["log.format": "json"])
        daemon.send(SIGHUP)
        try await eventually("the last one is applied") {
            site.manager.log.contains(#""message":"configuration reloaded""#)
        }
        try await site.received(count)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.receivedIDs.sorted() == Alerts.ids(1...count).sorted())
        #expect(site.virusTotal.requests.count == count)
    }

    @Test func `without a daemon it exits with 3`() async throws {
        let site = try Installation()
        let output = try await site.manager.run("reload")
        #expect(output.status == 3 && output.standardOutput == "")
        #expect(output.standardError == "no daemon listens at \(site.manager.controlPath)\n")
    }

    @Test func `T29 a rejected key stops all lookups until a reload brings a good one`() async throws {
        let goodKey = String(repeating: "a1b2c3d4", count: 8)
        var settings = VirusTotalStandIn.Settings()
        settings.key = goodKey
        let site = try Installation(alerts: Alerts.text([1]), virusTotal: settings)
        let daemon = try await site.start()
        try await eventually("the key is rejected") { try await site.status().provider.state == "key_rejected" }
        site.manager.append(Alerts.text(2...20).trimmingCharacters(in: .newlines))
        try await eventually("all are accepted and wait") { try await site.status().queue.pending == 20 }
        let rejected = try await site.status()
        #expect(rejected.health == .degraded)
        #expect(rejected.problems.contains { $0.contains("rejects the API key") })
        #expect(site.virusTotal.requests.count == 1)
        #expect(site.lines(of: " error ") == 1)

        try site.manager.folder.write("virustotal.key", goodKey, mode: 0o600)
        #expect(try await site.manager.run("reload").status == 0)
        try await site.received(20)
        #expect(try await site.status().health == .healthy)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.receivedIDs.sorted() == Alerts.ids(1...20).sorted())
        #expect(site.virusTotal.requests.count == 21)
    }

    @Test func `without a key it follows and queues, and a reload after the key is there goes on`() async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        unlink(site.manager.keyPath)
        let daemon = try await site.start()
        try await eventually("three wait") { try await site.status().queue.pending == 3 }
        let waiting = try await site.status()
        #expect(waiting.health == .degraded && waiting.provider.state == "no_key")
        try site.manager.folder.write("virustotal.key", TemporaryManager.key, mode: 0o640)
        #expect(try await site.manager.run("reload").status == 0)
        try await site.received(3)
        #expect(try await site.status().health == .healthy)
        #expect(try await site.stop(daemon) == 0)
    }
}
