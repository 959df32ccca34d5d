import Foundation
import Support
import Testing
import VTEnrich

/// The API key is in its file and in the requests, and nowhere else.
struct KeyTests {
    /// As long as VirusTotal's, and distinct from everything else a test writes.
    private static let key = "5ecre7f00d" + String(repeating: "cafe", count: 11) + "5ecre7f00d"

    @Test func `the key is in no output: log, status, errors, arguments, events, state`() async throws {
        let site = try Installation(alerts: Alerts.text(1...2), ["log.level": "debug"])
        let folder = site.manager.folder
        try folder.write("virustotal.key", Self.key + "\n", mode: 0o600)
        var outputs: [Program.Output] = []
        // A server or proxy that repeats what it was sent, in every place an answer has.
        let echoes = [
            Reply.error(500, Self.key, "bad key \(Self.key)"), .error(401, Self.key), .error(403, Self.key),
            .redirect(to: "http://127.0.0.1:1/\(Self.key)"),
            Reply(200, Array(Self.key.utf8)), .json(["data": ["id": Self.key]]),
        ]
        site.virusTotal.answerAll(with: echoes[0])
        let daemon = try await site.start()
        let arguments = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(daemon.processID)/cmdline"))
        for (number, echo) in echoes.enumerated() {
            site.virusTotal.answerAll(with: echo)
            if number > 0 { #expect(try await site.manager.run("reload").status == 0) }
            try await eventually("answer \(number) is told") { site.lines(of: "VirusTotal: lookup") > number }
            outputs.append(try await site.manager.run("status", "--json"))
            outputs.append(try await site.manager.run("status"))
        }
        // A configuration where the key stands in place of everything else.
        for change in ["virustotal.url": Self.key, "virustotal.api_key_file": "/nowhere/\(site.manager.keyPath)"] {
            try site.configure([change.key: change.value])
            try await site.manager.run("reload").add(to: &outputs)
        }
        chmod(site.manager.keyPath, 0o644)
        try site.configure()
        for command in [["reload"], ["check", "--print"], ["run"]] {
            try await Program("vtenrichd").run(command + ["--config", site.manager.configurationPath]).add(to: &outputs)
        }
        chmod(site.manager.keyPath, 0o600)
        site.virusTotal.answerAll(with: nil)
        try await site.manager.run("reload").add(to: &outputs)
        try await site.received(2)
        site.virusTotal.answerAll(with: .error(429, Self.key, retryAfter: Self.key))
        site.manager.append(Alerts.line(3))
        try await eventually("the limit is told") { try await site.status().provider.state == "rate_limited" }
        try await site.manager.run("status", "--json").add(to: &outputs)
        try await site.manager.run("check", "--print").add(to: &outputs)
        try await site.manager.run("cache", "list", "--json").add(to: &outputs)
        #expect(try await site.stop(daemon) == 0)

        #expect(!String(decoding: arguments, as: UTF8.self).contains(Self.key))
        #expect(site.analysisd.datagrams.allSatisfy { !String(decoding: $0, as: UTF8.self).contains(Self.key) })
        let texts = outputs.map { $0.standardOutput + $0.standardError }
        #expect(texts.filter { $0.contains(Self.key) } == [])
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let leaks = files.filter { name in
            let data = FileManager.default.contents(atPath: folder[name]) ?? Data()
            return name != "virustotal.key" && data.range(of: Data(Self.key.utf8)) != nil
        }
        #expect(files.contains("state/state.db") && files.contains("vtenrichd.log"))
        #expect(leaks == [])
    }

    @Test(arguments: [0o644, 0o604, 0o602])
    func `a key file that others may use is refused with the command that mends it`(mode: Int) async throws {
        let site = try Installation()
        chmod(site.manager.keyPath, mode_t(mode))
        let output = try await site.manager.run("run")
        #expect(output.status == 78)
        #expect(output.standardError.contains("run: chmod 640 \(site.manager.keyPath)"), "\(output.standardError)")
        let files = try FileManager.default.contentsOfDirectory(atPath: site.manager.statePath)
        #expect(files == [])
    }
}

extension Program.Output {
    fileprivate func add(to outputs: inout [Program.Output]) { outputs.append(self) }
}
