import Foundation
import Support
import Testing
import VTEnrich

/// What the daemon does when something is not as it should be at the start.
struct StartTests {
    @Test(arguments: [
        ("filters:\n  - level: x\n", ":2:12: filters.level: "), ("qouta: 1\n", ":1:1: qouta: unknown key"),
        ("alerts: {path: [", ":2:1: not YAML"),
    ])
    func `a broken configuration ends it with 78 and file, line and column`(
        text: String, message: String
    ) async throws {
        let site = try Installation()
        try site.manager.folder.write("vtenrichd.yaml", text)
        let output = try await site.manager.run("run")
        #expect(output.status == 78 && output.standardOutput == "")
        #expect(output.standardError.hasPrefix(site.manager.configurationPath + message), "\(output.standardError)")
    }

    @Test func `T44 a queue socket whose path is too long is a configuration fault`() async throws {
        let site = try Installation()
        try site.configure(["output.analysisd.socket": "/" + String(repeating: "q", count: 107)])
        let output = try await site.manager.run("run")
        #expect(output.status == 78 && output.standardError.contains("output.analysisd.socket: "))
    }

    @Test func `T05 a second instance ends with 1 and names the first, which goes on`() async throws {
        let site = try Installation()
        let daemon = try await site.start()
        let second = try await site.manager.run("run")
        #expect(second.status == 1)
        #expect(second.standardError.contains("another vtenrichd (pid \(daemon.processID)) uses"))
        #expect(second.standardError.contains(site.manager.statePath))
        #expect(try await site.status().pid == Int(daemon.processID))
        site.manager.append(Alerts.line(1))
        try await site.received(1)
        // A lock and a control socket that SIGKILL left are no obstacle.
        daemon.send(SIGKILL)
        _ = try await daemon.exitStatus()
        let third = try await site.start()
        #expect(try await site.status().pid == Int(third.processID))
        #expect(try await site.stop(third) == 0)
    }

    @Test func `T15 a missing state directory ends it with 1, the path and the uid`() async throws {
        let site = try Installation()
        try FileManager.default.removeItem(atPath: site.manager.statePath)
        let output = try await site.manager.run("run")
        #expect(output.status == 1)
        #expect(output.standardError.contains(site.manager.statePath))
        #expect(output.standardError.contains("No such file or directory (uid \(geteuid());"))
        #expect(!FileManager.default.fileExists(atPath: site.manager.statePath))
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"))
    func `T15 a state directory of somebody else ends it with 1, the path and the uid`() async throws {
        let site = try Installation()
        chmod(site.manager.configurationPath, 0o644)
        chmod(site.manager.statePath, 0o755)
        chown(site.manager.keyPath, uid_t(Unprivileged.uid), gid_t(Unprivileged.uid))
        let output = try await Unprivileged.run(
            "run", "--config", site.manager.configurationPath, in: site.manager.folder)
        #expect(output.status == 1)
        #expect(output.standardError.contains("\(site.manager.statePath): Permission denied (uid 65534;"))
    }

    @Test func `a control socket that cannot be made ends it with 1, and what is there stays`() async throws {
        let site = try Installation()
        try site.manager.folder.write("control.sock", "precious")
        let taken = try await site.manager.run("run")
        #expect(taken.status == 1)
        #expect(taken.standardError.contains("control_socket \(site.manager.controlPath) is not a socket"))
        #expect(try site.manager.folder.read("control.sock") == "precious")
        try site.configure(["control_socket": site.manager.folder["none/control.sock"]])
        let missing = try await site.manager.run("run")
        #expect(missing.status == 1 && missing.standardError.contains("none/control.sock: No such file or directory"))
    }

    @Test func `F02 without alerts.json it waits and says so, and takes the file from its first byte`() async throws {
        let site = try Installation(alerts: nil, ["alerts.start": "end"])
        try FileManager.default.removeItem(atPath: site.manager.folder["logs"])
        let daemon = try await site.start()
        try await eventually("it says that it waits") {
            let status = try await site.status()
            return status.follower.waitingForFile == true && status.health == .degraded
        }
        try site.manager.folder.makeFolder(of: site.manager.alertsPath)
        site.manager.append(Alerts.line(1), Alerts.line(2))
        try await site.received(2)
        try await eventually("healthy") { try await site.status().health == .healthy }
        #expect(site.receivedIDs.sorted() == [Alerts.id(1), Alerts.id(2)])
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `T08 a standard error that takes nothing keeps it from nothing`() async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        let daemon = try Program("vtenrichd").start(
            ["run", "--config", site.manager.configurationPath], output: "/dev/full", errors: "/dev/full")
        try await site.received(3)
        #expect(try await site.status().health == .healthy)
        #expect(try await site.stop(daemon) == 0)
    }
}
