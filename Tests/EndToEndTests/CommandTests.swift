import Foundation
import Support
import Testing
import VTEnrich

/// The commands beside `run`: what they print, how they end, and that they leave nothing behind.
struct CommandTests {
    private static let commands = [
        ["run"], ["reload"], ["status"], ["check"], ["explain"], ["cache"], ["cache", "list"], ["cache", "show"],
        ["cache", "purge"], ["cache", "stats"], ["lookup"], ["replay"], ["simulate"],
    ]

    @Test func `help and version go to standard output and end with 0`() async throws {
        let program = try Program("vtenrichd")
        let version = try await program.run(["--version"])
        #expect(version.status == 0 && version.standardOutput.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        for command in [[]] + Self.commands {
            let help = try await program.run(command + ["--help"])
            #expect(help.status == 0 && help.standardError == "", "\(command)")
            #expect(help.standardOutput.contains("USAGE: vtenrichd " + command.joined(separator: " ")))
            #expect(Self.raggedLines(of: help.standardOutput) == [])
        }
    }

    /// Lines of the description that end although the next word would have fitted.
    private static func raggedLines(of help: String) -> [Substring] {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.hasPrefix("USAGE:") }
        return zip(lines, lines.dropFirst()).filter { line, next in
            guard !line.isEmpty, let word = next.split(separator: " ").first else { return false }
            return line.count + 1 + word.count < 80
        }.map(\.0)
    }

    @Test(arguments: [
        "nonsense", "run --nothing", "run extra", "reload extra", "status --jsonn", "check extra", "cache nonsense",
        "cache show", "cache show not-an-address", "cache purge", "cache purge --all --expired",
        "cache purge not-an-address", "cache list extra", "cache stats --all", "status --config", "lookup",
        "lookup not-an-address", "replay", "simulate",
    ])
    func `wrong usage ends with 64, told on standard error`(command: String) async throws {
        let words = command.split(separator: " ").map(String.init)
        let output = try await Program("vtenrichd").run(words)
        #expect(output.status == 64 && output.standardOutput == "" && output.standardError != "")
    }

    @Test func `no command but run creates anything, with a state directory or without`() async throws {
        let site = try Installation()
        let folder = site.manager.folder
        for hasDirectory in [true, false] {
            if !hasDirectory { try FileManager.default.removeItem(atPath: site.manager.statePath) }
            let before = try Self.files(in: folder)
            for command in [
                ["reload"], ["status"], ["status", "--json"], ["check"], ["check", "--print"], ["explain", "45.0.0.1"],
                ["cache", "list"], ["cache", "list", "--json"], ["cache", "show", "45.0.0.1"], ["cache", "stats"],
                ["cache", "stats", "--json"], ["cache", "purge", "--all"], ["cache", "purge", "45.0.0.1"],
                ["lookup", "45.0.0.1"], ["lookup", "45.0.0.1", "--json"], ["replay", site.manager.alertsPath],
                ["simulate", site.manager.alertsPath, "--json"],
            ] {
                _ = try await Program("vtenrichd").run(command + ["--config", site.manager.configurationPath])
                #expect(try Self.files(in: folder) == before, "\(command)")
            }
        }
    }

    @Test(arguments: [true, false])
    func `the cache can be listed, shown, counted and purged, with the daemon or without`(
        isRunning: Bool
    ) async throws {
        let site = try Installation(alerts: Alerts.text(1...5))
        let daemon = try await site.start()
        try await site.received(5)
        if !isRunning { #expect(try await site.stop(daemon) == 0) }
        let before = try Self.files(in: site.manager.folder)

        let list = try await site.manager.run("cache", "list", "--json")
        let entries = (try JSONSerialization.jsonObject(with: Data(list.standardOutput.utf8))) as? [[String: Any]]
        #expect(Set(entries?.compactMap { $0["ip"] as? String } ?? []) == Set((1...5).map(Alerts.address)))
        #expect(try await site.manager.run("cache", "list").standardOutput.split(separator: "\n").count >= 5)

        let show = try await site.manager.run("cache", "show", Alerts.address(1), "--json")
        #expect(show.status == 0 && show.json?["ip"] as? String == Alerts.address(1))
        let unknown = try await site.manager.run("cache", "show", "45.1.2.3", "--json")
        #expect(unknown.status == 1 && unknown.standardError == "45.1.2.3 is not in the cache\n")

        let stats = try await site.manager.run("cache", "stats", "--json")
        #expect(stats.status == 0 && stats.json?["entries"] as? Int == 5)

        let one = try await site.manager.run("cache", "purge", Alerts.address(1))
        #expect(one.status == 0 && one.standardOutput == "1 deleted\n")
        let expired = try await site.manager.run("cache", "purge", "--expired")
        #expect(expired.status == 0 && expired.standardOutput == "0 deleted\n")
        let all = try await site.manager.run("cache", "purge", "--all")
        #expect(all.status == 0 && all.standardOutput == "4 deleted\n")
        #expect(try await site.manager.run("cache", "list", "--json").standardOutput == "[\n]\n")
        #expect(try await site.status().cache.entries == 0)
        #expect(Set(try Self.files(in: site.manager.folder)).isSubset(of: before))

        // What was purged is asked for again, what was not is not.
        let requests = site.virusTotal.requests.count
        let next = isRunning ? daemon : try await site.start()
        site.manager.append(Alerts.line(6, srcip: Alerts.address(1)))
        try await site.received(6)
        #expect(site.virusTotal.requests.count == requests + 1)
        #expect(try await site.stop(next) == 0)
    }

    private static func files(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    }
}
