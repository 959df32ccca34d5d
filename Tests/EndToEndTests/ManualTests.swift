import Foundation
import Support
import Testing

/// `vtenrichd.1` says what the program's own help says: every command with every option, and no other.
struct ManualTests {
    /// What a part of the help or of the manual tells of one command.
    private struct Command: Hashable {
        var name: String
        var options: Set<String>
    }

    @Test func `the manual has every command and option of the help, and no other`() async throws {
        let documented = try documented()
        let helped = try await commands(below: [])
        #expect(helped.count > 5)
        for command in helped { #expect(documented.contains(command), "\(command.name): \(command.options.sorted())") }
        #expect(Set(documented.map(\.name)) == Set(helped.map(\.name)))
    }

    @Test func `what every command takes is described once for all`() async throws {
        let common = try #require(try manual().split(separator: ".Sh COMMANDS").first)
        #expect(Self.options(inManual: common) == Self.common)
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/man"), "needs man-db"),
        arguments: ["man/vtenrichd.1", "man/vtenrichd.yaml.5"])
    func `man renders the pages without a warning`(page: String) async throws {
        let output = try await Program(at: "/usr/bin/man").run(
            ["--warnings", "-l", Self.path(of: page)], environment: ["MANWIDTH": "80", "LC_ALL": "C.UTF-8"])
        #expect(output.status == 0 && output.standardError == "")
        #expect(output.standardOutput.contains("DESCRIPTION"))
    }

    private static let common: Set = ["--config", "--version", "--help"]

    /// The commands that do something, found through the help of those that have others below them.
    private func commands(below path: [String]) async throws -> [Command] {
        let help = try await Program("vtenrichd").run(path + ["--help"]).standardOutput
        let parts = help.split(separator: "SUBCOMMANDS:\n")
        guard parts.count == 2 else {
            let options = help.matches(of: /(?m)^  (?:-., )?(--[a-z-]+)/).map { String($0.1) }
            return [Command(name: path.joined(separator: " "), options: Set(options).subtracting(Self.common))]
        }
        var commands: [Command] = []
        for name in parts[1].matches(of: /(?m)^  ([a-z-]+)(?: \(default\))?(?:  |$)/).map({ String($0.1) }) {
            commands += try await self.commands(below: path + [name])
        }
        return commands
    }

    /// The sections `.Ss` of the manual's commands.
    private func documented() throws -> Set<Command> {
        let text = try manual()
        let start = try #require(text.range(of: ".Sh COMMANDS\n"))
        let end = try #require(text.range(of: "\n.Sh ", range: start.upperBound..<text.endIndex))
        let sections = text[start.upperBound..<end.lowerBound].split(separator: ".Ss ")
        return Set(
            sections.map { section in
                let words = section.prefix { $0 != "\n" }.split(separator: " ").prefix { $0.first?.isLowercase == true }
                return Command(name: words.joined(separator: " "), options: Self.options(inManual: section))
            })
    }

    private static func options(inManual text: Substring) -> Set<String> {
        Set(text.matches(of: /(?m)^\.It Fl (?:. , )?-([a-z-]+)/).map { "--\($0.1)" })
    }

    private func manual() throws -> String {
        try String(contentsOfFile: Self.path(of: "man/vtenrichd.1"), encoding: .utf8)
    }

    private static func path(of page: String) -> String {
        URL(fileURLWithPath: #filePath).appendingPathComponent("../../../\(page)").standardized.path
    }
}
