import Foundation
import Support
import Testing
import VTEnrich

/// Events wait for whoever takes them, and none is lost or sent twice over it.
struct OutputTests {
    /// What may be wrong with analysisd's socket, and what `status` says then.
    private static let faults: [(what: String, advice: String)] = [
        ("missing", "is the Wazuh manager running?"), ("refusing", "analysisd is stopped or starting"),
        ("a file", "nobody reads it"),
    ]

    private func apply(_ fault: String, to analysisd: AnalysisdStandIn) throws {
        switch fault {
        case "missing": analysisd.removePath()
        case "refusing": analysisd.exit()
        default:
            analysisd.removePath()
            try Data().write(to: URL(fileURLWithPath: analysisd.path))
        }
    }

    @Test(arguments: faults)
    func `T40 T41 T44 a socket that fails at the start or later heals, with nothing missing`(
        fault: String, advice: String
    ) async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        try apply(fault, to: site.analysisd)
        let daemon = try await site.start()
        for numbers in [1...3, 4...6] {
            try await eventually("status says what is wrong") {
                let status = try await site.status()
                return status.health == .degraded && status.output["analysisd"]?.waiting == 3
                    && status.output["analysisd"]?.lastError?.contains(advice) == true
            }
            try site.analysisd.comeBack()
            try await site.received(numbers.upperBound)
            try await eventually("healthy") { try await site.status().health == .healthy }
            guard numbers.upperBound == 3 else { break }
            try apply(fault, to: site.analysisd)
            site.manager.append(Alerts.text(4...6).trimmingCharacters(in: .newlines))
        }
        #expect(try await site.stop(daemon) == 0)
        #expect(site.receivedIDs.sorted() == Alerts.ids(1...6).sorted())
    }

    @Test func `T41 a restart of analysisd is no fault while nothing is to be sent`() async throws {
        let site = try Installation(alerts: Alerts.text([1]))
        let daemon = try await site.start()
        try await site.received(1)
        try site.analysisd.comeBack()
        site.manager.append(Alerts.line(2))
        try await site.received(2)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.receivedIDs == [Alerts.id(1), Alerts.id(2)])
    }

    @Test func `T42 while analysisd does not read, following goes on, and then all comes in order`() async throws {
        let site = try Installation(alerts: Alerts.text(1...300, srcip: "45.9.148.1"))
        site.analysisd.pause()
        let daemon = try await site.start()
        for count in [300, 600] {
            try await eventually("\(count) are taken and wait") {
                let status = try await site.status()
                return status.follower.matched == count && status.queue.pending == 0
            }
            guard count == 300 else { break }
            site.manager.append(Alerts.text(301...600, srcip: "45.9.148.1").trimmingCharacters(in: .newlines))
        }
        #expect(site.analysisd.receivedCount == 0)
        site.analysisd.resume()
        try await site.received(600)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.receivedIDs == (1...600).map(Alerts.id))
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"))
    func `T44 a socket that is not for the service's user says which group is missing, and heals`() async throws {
        let site = try Installation(alerts: Alerts.text([1]))
        let folder = site.manager.folder
        for path in [folder.path, folder["logs"], folder["logs/alerts"], site.manager.statePath] { chmod(path, 0o777) }
        for path in [site.manager.alertsPath, site.manager.configurationPath] { chmod(path, 0o644) }
        chown(site.manager.keyPath, uid_t(Unprivileged.uid), gid_t(Unprivileged.uid))
        let command = try await Unprivileged.command(["run", "--config", site.manager.configurationPath], in: folder)
        chmod(folder.path, 0o777)
        let daemon = try Program(at: "/usr/bin/setpriv").start(
            command, output: folder["out"], errors: site.manager.logPath)
        try await eventually("the log says why") {
            site.manager.log.contains("Permission denied (the service's user needs the group wazuh)")
        }
        chmod(site.analysisd.path, 0o666)
        try await site.received(1)
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `a file gets every event as a line, beside analysisd and over a rotation`() async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        let (path, moved) = (site.manager.folder["events.json"], site.manager.folder["events.json.1"])
        try site.configure(["output.file": path])
        let daemon = try await site.start()
        try await site.received(3)
        try await eventually("the file has three") { Self.lines(of: path).count == 3 }
        rename(path, moved)
        site.manager.append(Alerts.line(4))
        try await site.received(4)
        try await eventually("the new file has one") { Self.lines(of: path).count == 1 }
        #expect(try await site.stop(daemon) == 0)
        let messages = site.analysisd.events.map(\.message)
        #expect((Self.lines(of: moved) + Self.lines(of: path)).sorted() == messages.sorted())
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect(facts[.posixPermissions] as? Int == 0o640)
    }

    @Test func `a file instead of analysisd`() async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        let path = site.manager.folder["events.json"]
        try site.configure(["output.analysisd": "null", "output.file": path])
        let daemon = try await site.start()
        try await eventually("the file has three") { Self.lines(of: path).count == 3 }
        let status = try await site.status()
        #expect(status.health == .healthy)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.analysisd.receivedCount == 0)
        let events = Self.lines(of: path).compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
        #expect(Set(events.compactMap { $0["srcip"] as? String }) == Set((1...3).map(Alerts.address)))
    }

    @Test(arguments: ["edge:fw|1", "a]b", "naïve (host) ->x", "|:|", String(repeating: "long", count: 32)])
    func `an event goes out in the agent's name, whatever that is`(name: String) async throws {
        let alert = Alerts.line(1).replacing(#""name":"web""#, with: #""name":"\#(name)""#)
            .replacing("10.0.0.7", with: "2001:db8:0:1::7")
        let site = try Installation(alerts: alert + "\n")
        let daemon = try await site.start()
        try await site.received(1)
        #expect(try await site.stop(daemon) == 0)
        let event = try #require(site.analysisd.events.first)
        #expect(event.agentID == "007" && event.agentName == name && event.agentAddress == "2001:db8:0:1::7")
        #expect(event.location == "virustotal_ip" && event.text("srcip") == Alerts.address(1))
    }

    @Test func `T43 an alert with a log of 60 KB gives a whole event of 16 KiB at most`() async throws {
        let log = String(repeating: "Invalid user \u{fc}ber ", count: 3_000)
        let alert = Alerts.line(1).replacing("sshd: Failed", with: log)
        let site = try Installation(alerts: alert + "\n")
        let daemon = try await site.start()
        try await site.received(1)
        #expect(try await site.stop(daemon) == 0)
        let event = try #require(site.analysisd.events.first)
        #expect(event.message.utf8.count <= 16_384 && event.message.utf8.count > 8_000)
        #expect(event.text("virustotal_ip.truncated") == "yes")
        #expect(event.text("original_full_log")?.hasPrefix("Invalid user \u{fc}ber ") == true)
        #expect(event.text("srcip") == Alerts.address(1))
    }

    private static func lines(of path: String) -> [String] {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        return text?.split(separator: "\n").map(String.init) ?? []
    }
}
