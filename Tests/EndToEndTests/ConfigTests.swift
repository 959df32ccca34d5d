import Foundation
import Glibc
import Support
import Testing

/// `vtenrichd check` as an administrator runs it: exit code, and what stands on which output.
struct ConfigTests {
    private let program: Program
    private let folder: TemporaryFolder

    init() throws {
        program = try Program("vtenrichd")
        folder = try TemporaryFolder()
    }

    private func check(_ text: String, _ arguments: String..., environment: [String: String] = [:]) async throws
        -> Program.Output
    {
        let path = try folder.write("vt.yaml", text)
        return try await program.run(["check", "--config", path] + arguments, environment: environment)
    }

    private static let brokenFiles: [(String, String)] = [
        ("virustotal:\n  qouta: {}\n", ":2:3: virustotal.qouta: unknown key, did you mean 'quota'?"),
        ("alerts:\n  path: /a\n  path: /b\n", ":3:3: 'path' is given twice, first in line 2"),
        ("alerts: {path: [", ":2:1: not YAML: "),
        ("alerts:\n\tpath: /a\n", ":2:1: not YAML: "),
        ("- alerts\n", ":1:1: expected keys at the top of the file, found a list"),
        ("queue: {max_wait: 6}\n", ":1:19: queue.max_wait: expected a duration"),
        ("queue:\n  max_pending: 0\n", ":2:16: queue.max_pending: must be 1 to"),
        ("virustotal:\n  url: http://www.virustotal.com\n", ":2:8: virustotal.url: http would send"),
        ("allowlist:\n  - 1.1.1.1\n  - 1.1.1.1/33\n", ":3:5: allowlist: expected an address"),
        ("filters:\n  - rule_id: [5710, x]\n", ":2:21: filters.rule_id: expected a rule id"),
        ("log: {level: loud}\n", ":1:14: log.level: expected one of"),
        ("log: \u{0}\n", ":1:6: not YAML: control characters"),
        ("a: \(String(repeating: "[", count: 5_000))", "not YAML: nested too deeply"),
    ]

    @Test(arguments: brokenFiles)
    func `a broken file ends with 78 and says where`(text: String, message: String) async throws {
        let output = try await check(text)
        #expect(output.status == 78)
        #expect(output.standardError.contains(message), "\(output.standardError)")
        #expect(output.standardError.hasPrefix(folder["vt.yaml"]))
        #expect(output.standardOutput.isEmpty)
    }

    @Test func `T45 a missing file ends with 78 and is named`() async throws {
        let output = try await program.run(["check", "--config", folder["none.yaml"]])
        #expect(output.status == 78)
        #expect(output.standardError.contains("\(folder["none.yaml"]): cannot open the configuration: No such file"))
    }

    @Test func `a missing key is a warning, a key that others can read an error`() async throws {
        let keyPath = folder["virustotal.key"]
        let text = "virustotal: {api_key_file: \(keyPath)}\n"
        let missing = try await check(text)
        #expect(missing.status == 0)
        #expect(missing.standardError.contains("warning: no API key: \(keyPath) does not exist"))
        #expect(missing.standardError.hasSuffix("configuration OK\n"))

        try folder.write("virustotal.key", "geheimer-schluessel", mode: 0o644)
        let open = try await check(text)
        #expect(open.status == 78)
        #expect(open.standardError.contains("virustotal.api_key_file: the API key file \(keyPath) has mode 0644"))
        #expect(open.standardError.contains("run: chmod 640 \(keyPath)"))
        #expect(!open.standardError.contains("geheim"))
    }

    @Test func `print shows the effective values with secrets masked, and reads back`() async throws {
        let text = """
            virustotal: {proxy: "http://user:geheim@127.0.0.1:3128", quota: {per_day: 20000}}
            filters: {group: sshd}
            """
        let output = try await check(text, "--print", environment: ["VT_API_KEY": "geheimer-schluessel"])
        #expect(output.status == 0)
        #expect(!(output.standardOutput + output.standardError).contains("geheim"))
        #expect(output.standardOutput.contains("# API key: *** from the environment variable VT_API_KEY\n"))
        #expect(output.standardError.contains("warning: the API key comes from VT_API_KEY"))
        let again = try await check(output.standardOutput, "--print", environment: ["VT_API_KEY": "x"])
        #expect(again.standardOutput == output.standardOutput)
        #expect(again.standardOutput.contains("per_day: 20000\n"))
        #expect(again.standardOutput.contains("- group:\n  - sshd\n"))
    }

    @Test func `wrong usage ends with 64`() async throws {
        #expect(try await program.run(["check", "--nothing"]).status == 64)
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"))
    func `a key file that the daemon may not read is told with user, owner, mode and the command`() async throws {
        let keyPath = try folder.write("virustotal.key", "k", mode: 0o600)
        let configuration = try folder.write("vt.yaml", "virustotal: {api_key_file: \(keyPath)}\n", mode: 0o644)
        let output = try await Unprivileged.run("check", "--config", configuration, in: folder)
        #expect(output.status == 78)
        #expect(
            output.standardError.contains(
                "cannot open the API key file \(keyPath) as user nobody, group nogroup: Permission denied"))
        #expect(output.standardError.contains("it belongs to root:root with mode 0600"))
        #expect(output.standardError.contains("run: chgrp nogroup \(keyPath) && chmod 640 \(keyPath)"))
    }

    @Test(
        .enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0, "needs systemd-analyze"),
        arguments: ["vtenrichd.service", "vtenrichd-metrics.service", "vtenrichd-metrics.timer"])
    func `systemd finds nothing to say about the units`(unit: String) async throws {
        let shipped = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../systemd").standardized
        for name in ["vtenrichd.service", "vtenrichd-metrics.service", "vtenrichd-metrics.timer"] {
            try folder.write(
                "usr/lib/systemd/system/\(name)",
                try String(contentsOf: shipped.appendingPathComponent(name), encoding: .utf8), mode: 0o644)
        }
        try folder.write("usr/bin/vtenrichd", "#!/bin/sh\n", mode: 0o755)
        try folder.write("bin/sh", "#!/bin/sh\n", mode: 0o755)
        for target in [
            "sysinit", "basic", "shutdown", "network", "nss-lookup", "multi-user", "local-fs", "umount", "timers",
            "time-set", "time-sync",
        ] {
            try folder.write("usr/lib/systemd/system/\(target).target", "[Unit]\nDescription=\(target)\n", mode: 0o644)
        }
        let output = try await Program(at: "/usr/bin/systemd-analyze").run(
            ["verify", "--root=\(folder.path)", unit])
        #expect(output.standardError + output.standardOutput == "")
        #expect(output.status == 0)
    }
}
