import Foundation
import Support
import Testing
import VTEnrich

/// `status` answers in every state of the daemon, with one JSON document and an exit code that a monitor can use (T49).
struct StatusTests {
    /// Every key that operators rely on.
    private static let promised = [
        "health", "version", "pid", "uptime_seconds", "config.path", "config.loaded_at", "config.last_reload",
        "follower.path", "follower.offset", "follower.size", "follower.lag_bytes", "follower.lines_read",
        "follower.matched", "follower.malformed", "follower.oversize", "follower.rotations", "follower.truncations",
        "follower.bytes_lost", "follower.waiting_for_file", "queue.pending", "queue.waiting_ips",
        "queue.oldest_seconds", "queue.clears_at", "quota.minute.used", "quota.minute.limit", "quota.day.used",
        "quota.day.limit", "quota.day.resets_at", "quota.month.used", "quota.month.limit", "quota.month.resets_at",
        "cache.entries", "cache.hits", "cache.misses", "cache.stale_served", "cache.by_verdict", "provider.state",
        "provider.last_ok", "provider.last_error", "provider.latency_ms_p50", "provider.latency_ms_p95",
        "output.analysisd.sent", "output.analysisd.confirmed", "output.analysisd.unconfirmed",
        "output.analysisd.repeated", "output.analysisd.retries", "output.analysisd.dropped",
        "output.analysisd.last_error", "problems",
    ]

    /// Runs `status --json` until it ends with this code; whatever it prints must be one JSON document with every promised
    /// key.
    private func expect(_ code: Int32, _ health: String, _ site: Installation) async throws -> [String: Any] {
        var json: [String: Any] = [:]
        try await eventually("status ends with \(code)") {
            let output = try await site.manager.run("status", "--json")
            json = try #require(output.json, "\(output)")
            #expect(Self.promised.filter { Self.value($0, in: json) == nil } == [])
            return output.status == code
        }
        #expect(json["health"] as? String == health)
        return json
    }

    private static func value(_ path: String, in json: [String: Any]) -> Any? {
        path.split(separator: ".").reduce(json as Any?) { ($0 as? [String: Any])?[String($1)] }
    }

    @Test func `T49 healthy 0, hanging 2, stopped 3, and the numbers outlive the daemon`() async throws {
        let site = try Installation(alerts: Alerts.text(1...3) + "garbage\n")
        let unused = try await expect(3, "stopped", site)
        #expect((unused["problems"] as? [String])?.contains { $0.hasSuffix("it has never run") } == true)
        let daemon = try await site.start()
        try await site.received(3)
        try await eventually("the last event is noted") { try await site.status().output["analysisd"]?.sent == 3 }
        let running = try await expect(0, "healthy", site)
        #expect(running["pid"] as? Int == Int(daemon.processID))
        #expect(Self.value("follower.lag_bytes", in: running) as? Int == 0)
        #expect(Self.value("quota.day.used", in: running) as? Int == 3)

        daemon.send(SIGSTOP)
        let hanging = try await expect(2, "failing", site)
        #expect(hanging["pid"] as? Int == Int(daemon.processID))
        #expect(hanging["problems"] as? [String] == ["the daemon does not answer"])
        daemon.send(SIGCONT)
        _ = try await expect(0, "healthy", site)

        #expect(try await site.stop(daemon) == 0)
        let stopped = try await expect(3, "stopped", site)
        for (path, number) in [
            ("follower.lines_read", 4), ("follower.matched", 3), ("follower.malformed", 1), ("cache.entries", 3),
            ("output.analysisd.sent", 3), ("quota.day.used", 3), ("queue.pending", 0),
        ] {
            #expect(Self.value(path, in: stopped) as? Int == number, "\(path)")
        }
        #expect(stopped["pid"] is NSNull && Self.value("provider.state", in: stopped) is NSNull)
    }

    @Test func `T49 degraded 1 while the key is rejected or analysisd is away, and what to do about it`() async throws {
        var settings = VirusTotalStandIn.Settings()
        settings.key = "another"
        let site = try Installation(alerts: Alerts.text([1]), virusTotal: settings)
        let daemon = try await site.start()
        try await eventually("the key is rejected") { try await site.status().provider.state == "key_rejected" }
        let rejected = try await expect(1, "degraded", site)
        #expect((rejected["problems"] as? [String])?.first?.contains("rejects the API key") == true)

        try site.manager.folder.write("virustotal.key", "another", mode: 0o600)
        site.analysisd.removePath()
        #expect(try await site.manager.run("reload").status == 0)
        try await eventually("analysisd is missed") {
            try await site.status().output["analysisd"]?.lastError != nil
        }
        let away = try await expect(1, "degraded", site)
        #expect((away["problems"] as? [String])?.first?.contains("is the Wazuh manager running?") == true)
        try site.analysisd.comeBack()
        try await site.received(1)
        try await eventually("healthy again") { try await site.status().health == .healthy }
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `T49 a locked database keeps nobody from the status`() async throws {
        let site = try Installation(alerts: Alerts.text([1]))
        let daemon = try await site.start()
        try await site.received(1)
        daemon.send(SIGSTOP)
        let lock = try await site.lockDatabase()
        _ = try await expect(2, "failing", site)
        daemon.send(SIGKILL)
        _ = try await daemon.exitStatus()
        let stopped = try await expect(3, "stopped", site)
        #expect(Self.value("follower.matched", in: stopped) as? Int == 1)
        try lock.release()
    }

    @Test func `T49 a state that cannot be read is a problem, not silence`() async throws {
        let site = try Installation()
        try site.manager.folder.write(
            "state/state.db",
            "no database at all, for more than a hundred bytes of it: " + String(repeating: "x", count: 100))
        let report = try await expect(3, "stopped", site)
        #expect((report["problems"] as? [String])?.first?.contains(site.manager.statePath + "/state.db") == true)
    }

    @Test func `T49 twenty at once all get their answer`() async throws {
        let site = try Installation(alerts: Alerts.text([1]))
        let daemon = try await site.start()
        try await site.received(1)
        let outputs = try await withThrowingTaskGroup(of: Program.Output.self, returning: [Program.Output].self) {
            group in
            for _ in 1...20 { group.addTask { try await site.manager.run("status", "--json") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs.allSatisfy { $0.json?["pid"] as? Int == Int(daemon.processID) && $0.standardError == "" })
        #expect(outputs.contains { $0.status == 0 })
        #expect(try await site.stop(daemon) == 0)
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"))
    func `T49 who may not read gets 77, who may not change is refused`() async throws {
        let site = try Installation(alerts: Alerts.text([1]))
        let folder = site.manager.folder
        chmod(site.manager.configurationPath, 0o644)
        chmod(site.manager.statePath, 0o750)
        let daemon = try await site.start()
        let configuration = site.manager.configurationPath
        let denied = try await Unprivileged.run("status", "--json", "--config", configuration, in: folder)
        #expect(denied.status == 77 && denied.standardError.contains("permission denied"))
        #expect(denied.json?["health"] is NSNull)
        #expect(denied.json?["problems"] as? [String] != nil)
        let group = Int(getegid())
        try await eventually("the service's group may read") {
            let allowed = try await Unprivileged.run(
                "status", "--json", "--config", configuration, in: folder, group: group)
            return allowed.status == 0 && allowed.json?["health"] as? String == "healthy"
        }
        for arguments in [["reload"], ["cache", "purge", "--all"]] {
            let output = try await Program(at: "/usr/bin/setpriv").run(
                try await Unprivileged.command(arguments + ["--config", configuration], in: folder, group: group))
            #expect(output.status != 0)
            #expect(output.standardError.contains("only root and the service's own user may do this"))
        }
        #expect(site.lines(of: "reload") == 0)
        #expect(try await site.stop(daemon) == 0)
        let stopped = try await Unprivileged.run("status", "--json", "--config", configuration, in: folder)
        #expect(stopped.status == 77 && stopped.json != nil && stopped.standardError.contains("state.db"))
    }
}
