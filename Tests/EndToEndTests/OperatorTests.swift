import Foundation
import GRDB
import Glibc
import Support
import Testing
import VTEnrich
import VTEnrichCore

/// What an administrator runs when something is to be found out: doctor, import, the cache as a table, metrics.
struct OperatorTests {
    // MARK: doctor

    /// A manager with everything in place but its own `ossec.conf`.
    private func site(_ changes: [String: String] = [:]) throws -> Installation {
        let site = try Installation(alerts: Alerts.text([1]), changes)
        let folder = site.manager.folder
        let rules = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../rules/vtenrich_rules.xml")
        try folder.write("etc/rules/vtenrich_rules.xml", try String(contentsOf: rules.standardized, encoding: .utf8))
        try folder.write("etc/ossec.conf", "<ossec_config></ossec_config>")
        try folder.write(
            "ruleset/rules/0490-virustotal_rules.xml", #"<group name="v"><rule id="87100" level="0"></rule></group>"#)
        chmod(site.manager.statePath, 0o750)
        return site
    }

    private func findings(_ output: Program.Output) throws -> [String: [[String: String]]] {
        let array = try JSONSerialization.jsonObject(with: Data(output.standardOutput.utf8)) as? [[String: String]]
        return Dictionary(grouping: try #require(array)) { $0["stage"] ?? "" }
    }

    @Test func `doctor finds nothing wrong where nothing is, asks VirusTotal only when told to, and changes nothing`()
        async throws
    {
        let site = try site(["virustotal.user": "me"])
        let daemon = try await site.start()
        try await site.received(1)
        let asked = site.virusTotal.requests.count
        let output = try await site.manager.run("doctor", "--json")
        #expect(output.status == 0, "\(output.standardOutput)")
        let findings = try findings(output)
        for stage in ["configuration", "key", "alerts", "state", "output", "service", "network"] {
            #expect(findings[stage]?.allSatisfy { $0["grade"] == "OK" } == true, "\(stage): \(findings)")
        }
        #expect(findings["rules"]?.contains { $0["grade"] == "FAIL" } == false)
        #expect(findings["quota"] == nil && site.virusTotal.requests.count == asked)

        let live = try await site.manager.run("doctor", "--live")
        #expect(
            live.status == 0 && live.standardOutput.contains("quota          1 of 500 today"), "\(live.standardOutput)")
        #expect(site.virusTotal.requests.last?.target == "/api/v3/users/me/overall_quotas")
        #expect(!live.standardOutput.contains(TemporaryManager.key))
        #expect(site.analysisd.receivedCount == 1)
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `doctor names what is wrong with the command that mends it, each in a line`() async throws {
        let site = try site(["virustotal.url": "http://127.0.0.1:1", "queue.max_pending": "1"])
        chmod(site.manager.keyPath, 0o644)
        try FileManager.default.removeItem(atPath: site.manager.alertsPath)
        try FileManager.default.removeItem(atPath: site.manager.statePath)
        try FileManager.default.removeItem(atPath: site.manager.folder["etc/rules/vtenrich_rules.xml"])
        site.analysisd.removePath()
        let output = try await site.manager.run("doctor")
        #expect(output.status == 1 && output.standardError == "")
        let lines = output.standardOutput.split(separator: "\n")
        for (start, remedy) in [
            ("OK    configuration", ""), ("FAIL  key ", "mend: chmod 640 \(site.manager.keyPath)"),
            ("FAIL  alerts ", "mend: systemctl start wazuh-manager"), ("FAIL  state ", "mend: install -d -o "),
            ("FAIL  output ", "mend: systemctl start wazuh-manager"), ("FAIL  rules ", "mend: install -o wazuh"),
            ("WARN  service ", "mend: systemctl enable --now vtenrichd"), ("WARN  network ", "mend: "),
        ] {
            #expect(
                lines.contains { $0.hasPrefix(start) && (remedy.isEmpty || $0.contains(remedy)) },
                "\(start)\n\(output.standardOutput)")
        }
        #expect(access(site.manager.statePath, F_OK) != 0)
    }

    @Test func `doctor stops at a configuration that cannot be used`() async throws {
        let site = try site()
        try site.manager.folder.write("vtenrichd.yaml", "qeue: {}\nlog: {level: loud}\n")
        let output = try await site.manager.run("doctor")
        #expect(output.status == 1)
        #expect(output.standardOutput.contains("vtenrichd.yaml:1:1: qeue: unknown key, did you mean 'queue'?"))
        #expect(output.standardOutput.contains("vtenrichd.yaml:2:14: log.level"))
        #expect(output.standardOutput.contains("mend: vtenrichd check --config "))
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"))
    func `doctor looks as the service's user, not as root`() async throws {
        let site = try site()
        let folder = site.manager.folder
        chmod(folder.path, 0o755)
        chmod(site.manager.configurationPath, 0o644)
        chmod(folder["logs"], 0o750)
        chown(site.manager.statePath, uid_t(Unprivileged.uid), gid_t(Unprivileged.uid))
        let output = try await site.manager.run("doctor", "--json")
        #expect(output.status == 1)
        let findings = try findings(output)
        #expect(findings["user"]?.first?["text"]?.hasPrefix("examined as nobody, groups nogroup") == true)
        let alerts = findings["alerts"]?.first
        #expect(alerts?["text"]?.contains("Permission denied: \(folder["logs"]) (root:root, mode 0750)") == true)
        let group = getgrnam("wazuh") == nil ? "nogroup" : "wazuh"
        #expect(alerts?["remedy"] == "chgrp \(group) \(folder["logs"]) && chmod g+x \(folder["logs"])")
        #expect(findings["key"]?.first?["grade"] == "FAIL")
        #expect(findings["rules"]?.first?["grade"] != "FAIL")
    }

    // MARK: import

    @Test func `import prints filters that check takes, and warnings on standard error`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "ossec.conf",
            """
            <ossec_config>
              <integration><name>custom-virustotal_ip</name><api_key>geheim</api_key><group>sshd, web</group></integration>
            </ossec_config>
            """)
        let program = try Program("vtenrichd")
        let output = try await program.run(["import", file])
        #expect(output.status == 0 && output.standardError.hasPrefix("\(file):2: ' web' has white space around it"))
        #expect(!(output.standardOutput + output.standardError).contains("geheim"))
        let yaml = try folder.write("vtenrichd.yaml", output.standardOutput)
        let check = try await program.run(["check", "--print", "--config", yaml], environment: ["VT_API_KEY": "x"])
        #expect(check.status == 0 && check.standardOutput.contains("- group:\n  - sshd\n  - web\n"))
        for (path, message) in [
            (folder["none"], "No such file"), (folder.path, "is a folder"), (yaml, "no <integration>"),
        ] {
            let output = try await program.run(["import", path])
            #expect(output.status == 1 && output.standardOutput == "" && output.standardError.contains(message))
        }
        #expect(try await program.run(["import"]).status == 64)
    }

    // MARK: Hostile texts

    /// Escapes that colour, title and clear a terminal, C1 controls, a direction mark, a line break, a formula.
    private static let hostile = "=cmd|'/C calc'!A0,\u{1B}[31m\u{1B}]0;x\u{7}\u{9B}2J\u{202E}\r\n\"X\" Ltd"

    @Test func `an owner that speaks to the terminal is heard nowhere`() async throws {
        let site = try Installation()
        try Self.write(owner: Self.hostile, tag: "t\u{1B}c", to: site.manager.statePath)
        let (config, folder) = (site.manager.configurationPath, site.manager.folder)
        let answer = try folder.write(
            "answer.json", String(decoding: try Self.answer(owner: Self.hostile), as: UTF8.self))
        for command in [
            "cache list", "cache list --json", "cache list --csv", "cache show 45.0.0.1", "cache show 45.0.0.1 --json",
            "lookup 45.0.0.1", "lookup 45.0.0.1 --json", "explain 45.0.0.1", "explain 45.0.0.1 --json",
            "explain --response \(answer) 45.0.0.1", "explain --response \(answer) 45.0.0.1 --json", "status",
            "cache stats",
        ] {
            let words = command.split(separator: " ").map(String.init)
            let output = try await Program("vtenrichd").run(words + ["--config", config])
            #expect(!output.standardOutput.isEmpty, "\(command): \(output.standardError)")
            for scalar in (output.standardOutput + output.standardError).unicodeScalars where scalar != "\n" {
                let harm: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
                #expect(
                    !harm.contains(scalar.properties.generalCategory),
                    "\(command): U+\(String(scalar.value, radix: 16))")
            }
        }
    }

    private static func write(owner: String, tag: String, to directory: String) throws {
        let store = try Store(directory: directory)
        let facts = ReputationFacts(
            stats: .init(malicious: 3, total: 90), tags: [tag], country: "\u{9B}", owner: owner,
            network: "45.0.0.0/8\u{1B}c")
        let now = Date().timeIntervalSince1970
        for (number, age) in [(1, 100.0), (2, 90_000)] {
            let entry = CachedVerdict(
                reputation: .found(facts), verdict: .malicious, fetchedAt: now - age, expiresAt: now + 100_000)
            guard let address = IPAddress("45.0.0.\(number)") else { continue }
            try store.answer(address, with: entry, limit: 1) { _ in [] }
        }
        guard let unknown = IPAddress("45.0.0.3") else { return }
        let entry = CachedVerdict(reputation: .notFound, verdict: .unknown, fetchedAt: now, expiresAt: now + 100)
        try store.answer(unknown, with: entry, limit: 1) { _ in [] }
    }

    private static func answer(owner: String) throws -> Data {
        let attributes: [String: Any] = ["last_analysis_stats": ["malicious": 3], "as_owner": owner, "tags": [owner]]
        return try JSONSerialization.data(
            withJSONObject: ["data": ["id": "45.0.0.1\u{1B}[31m", "type": owner, "attributes": attributes]])
    }

    // MARK: The cache as a table

    @Test func `the cache is listed by verdict and by age, and as a table that no spreadsheet runs`() async throws {
        let site = try Installation()
        try Self.write(owner: Self.hostile, tag: "-t", to: site.manager.statePath)
        func addresses(_ arguments: String...) async throws -> [String] {
            let output = try await Program("vtenrichd").run(
                ["cache", "list", "--json", "--config", site.manager.configurationPath] + arguments)
            let array = try JSONSerialization.jsonObject(with: Data(output.standardOutput.utf8)) as? [[String: Any]]
            return (array ?? []).compactMap { $0["ip"] as? String }
        }
        #expect(try await addresses() == ["45.0.0.1", "45.0.0.2", "45.0.0.3"])
        #expect(try await addresses("--verdict", "malicious") == ["45.0.0.1", "45.0.0.2"])
        #expect(try await addresses("--verdict", "not_found") == ["45.0.0.3"])
        #expect(try await addresses("--older", "24h") == ["45.0.0.2"])
        #expect(try await addresses("--older", "24h", "--verdict", "not_found") == [])
        let csv = try await site.manager.run("cache", "list", "--csv").standardOutput.split(separator: "\n")
        #expect(csv.count == 4 && csv[0].hasPrefix("ip,verdict,malicious,"))
        #expect(csv[1].hasPrefix("45.0.0.1,malicious,3,0,90,0,"))
        #expect(csv[1].contains(#","'=cmd|'/C calc'!A0,\u{1b}[31m"#) && csv[1].contains(#"""X"" Ltd""#))
        #expect(csv[1].contains(",\"'-t\","))
        #expect(csv[3].hasPrefix("45.0.0.3,not_found,,,,,,,,,,,"))
        for wrong in [["--json", "--csv"], ["--older", "soon"], ["--verdict", "bad"]] {
            #expect(try await Program("vtenrichd").run(["cache", "list"] + wrong).status == 64)
        }
    }

    // MARK: Report

    @Test
    func `a report is one page, with the daemon running or stopped, and an old one is kept until the new one is made`()
        async throws
    {
        let site = try Installation(alerts: Alerts.text(1...3))
        let daemon = try await site.start()
        try await site.received(3)
        let file = site.manager.folder["report.html"]
        let running = try await site.manager.run("report", "--since", "24h", "--output", file)
        #expect(running.status == 0 && running.standardOutput == "" && running.standardError == "")
        let page = try String(contentsOfFile: file, encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n") && page.contains("Of 3 alerts"))
        #expect(try await site.stop(daemon) == 0)

        try site.manager.folder.write("report.html", String(repeating: "old ", count: 100_000))
        #expect(try await site.manager.run("report", "--output", file).status == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("old ") == false)
        let printed = try await site.manager.run("report", "--output", "-")
        #expect(printed.status == 0 && printed.standardOutput.hasPrefix("<!DOCTYPE html>"))

        let nowhere = try await site.manager.run("report", "--output", "/nonexistent/report.html")
        #expect(nowhere.status == 1 && nowhere.standardError.contains("cannot write /nonexistent/report.html: No such"))
        try FileManager.default.removeItem(atPath: site.manager.statePath)
        try site.manager.folder.write("report.html", "old")
        let stateless = try await site.manager.run("report", "--output", file)
        #expect(stateless.status == 1 && stateless.standardError.contains("holds no state yet"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "old")
        for wrong in [["--since", "soon"], ["--since", "401d"], ["--since", "0d"]] {
            #expect(try await Program("vtenrichd").run(["report", "--output", "-"] + wrong).status == 64)
        }
    }

    // MARK: Metrics

    @Test func `metrics are printed with the exit status of status`() async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        let daemon = try await site.start()
        try await site.received(3)
        try await eventually("the last event is noted") { try await site.status().output["analysisd"]?.sent == 3 }
        let output = try await site.manager.run("status", "--prometheus")
        #expect(output.status == 0 && output.standardError == "")
        for sample in ["vtenrichd_up 1", "vtenrichd_lines_read_total 3", "vtenrichd_quota_used{window=\"day\"} 3"] {
            #expect(output.standardOutput.contains("\n\(sample)\n"), "\(sample)")
        }
        #expect(try await site.stop(daemon) == 0)
        let stopped = try await site.manager.run("status", "--prometheus")
        #expect(stopped.status == 3 && stopped.standardOutput.contains("\nvtenrichd_up 0\n"))
        #expect(try await site.manager.run("status", "--json", "--watch").status == 64)
    }
}
