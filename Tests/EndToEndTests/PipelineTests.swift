import Foundation
import Support
import Testing
import VTEnrich

/// The article's pipeline with the built program: honeypot alert, verdict, case, message, block.
struct PipelineTests {
    /// The article's three attackers, and one above the bar of blocking.
    private static let attackers: [(address: String, engines: Int, severity: Int)] = [
        ("110.35.80.116", 23, 3), ("165.22.54.16", 8, 2), ("193.32.162.145", 1, 1),
        ("45.205.27.69", 16, 3),
    ]

    private func alert(_ number: Int, _ address: String) -> String {
        TemporaryManager.alert(id: Alerts.id(number), srcip: address, level: 10, group: "honeypot")
            .replacing("sshd: attempt", with: "SSH Brute Force on Honeypot")
    }

    private func answer(_ address: String, _ engines: Int) -> Reply {
        .json([
            "data": [
                "id": address, "type": "ip_address",
                "attributes": [
                    "last_analysis_stats": [
                        "malicious": engines, "suspicious": 0, "harmless": 60, "undetected": 30 - engines, "timeout": 0,
                    ],
                    "last_analysis_results": [:] as [String: Any], "reputation": 0, "country": "CN",
                    "as_owner": "Alibaba Cloud", "asn": 45102, "tags": ["scanner", "brute-force"],
                    "last_analysis_date": Int(wallSeconds()) - 3_600,
                ],
            ] as [String: Any]
        ])
    }

    /// Outputs as flow YAML, with their secrets in files.
    private func outputs(_ folder: TemporaryFolder, theHive: String, hooks: [(String, String)]) throws -> String {
        let key = try folder.write("thehive.key", "secret\n", mode: 0o600)
        var entries = ["{type: thehive, url: \"\(theHive)\", api_key_file: \(key), tags: [wazuh, honeypot, enriched]}"]
        for (format, url) in hooks {
            let file = try folder.write("\(format).url", "\(url)/hooks/secret\n", mode: 0o600)
            entries.append("{type: webhook, name: \(format), format: \(format), url_file: \(file), max_per_minute: 0}")
        }
        return "[\(entries.joined(separator: ", "))]"
    }

    @Test func `the article's pipeline: honeypot alert, verdict, case, message, block rule`() async throws {
        let site = try Installation()
        let (theHive, slack) = (try ServiceStandIn(.theHive(duplicate: 400)), try ServiceStandIn(.slack))
        let shuffle = try ServiceStandIn(.shuffle)
        let hooks = [("slack", slack.url), ("shuffle", shuffle.url)]
        try site.configure([
            "filters": "[{group: honeypot}]",
            "outputs": try outputs(site.manager.folder, theHive: theHive.url, hooks: hooks),
        ])
        let daemon = try await site.start()
        for (number, attacker) in Self.attackers.enumerated() {
            site.virusTotal.answer(attacker.address, with: answer(attacker.address, attacker.engines))
            site.manager.append(alert(2 * number, attacker.address), alert(2 * number + 1, attacker.address))
        }
        site.manager.append(TemporaryManager.alert(id: Alerts.id(99), srcip: "45.9.148.9"))
        try await site.received(8)
        try await eventually("four cases and eight messages") {
            theHive.taken.count == 4 && slack.taken.count == 4 && shuffle.taken.count == 4
        }
        let status = try await site.status()
        #expect(try await site.stop(daemon) == 0)

        for attacker in Self.attackers {
            let cases = theHive.taken.compactMap(\.json).filter {
                ($0["sourceRef"] as? String)?.hasPrefix(attacker.address + "-") == true
            }
            #expect(cases.count == 1 && cases.first?["severity"] as? Int == attacker.severity)
            #expect(cases.first?["title"] as? String == "[Wazuh] SSH Brute Force on Honeypot")
            let events = site.analysisd.events.filter { $0.text("srcip") == attacker.address }
            let rules = events.compactMap { WazuhAlert.line(for: $0, number: 1, now: 0) }
                .map { String(decoding: $0, as: UTF8.self) }
            #expect(rules.count == 2)
            let rule = attacker.engines > 15 ? "199905" : attacker.engines >= 3 ? "199901" : "199902"
            #expect(rules.allSatisfy { $0.contains("\"id\":\"\(rule)\"") })
        }
        #expect(slack.taken.allSatisfy { $0.target == "/hooks/secret" })
        #expect(status.output["thehive"]?.sent == 4 && status.output["thehive"]?.suppressed == 4)
        #expect(status.health == .healthy && !site.manager.log.contains("secret"))
    }

    @Test func `with every output down Wazuh gets its events at once, and the cases come when they can`() async throws {
        let site = try Installation()
        let theHive = try ServiceStandIn(.theHive(duplicate: 409))
        let port = theHive.port
        theHive.stop()
        let silent = try ServiceStandIn(.shuffle)
        silent.answerAll(with: Reply(200).with(.silence))
        try site.configure([
            "outputs": try outputs(site.manager.folder, theHive: theHive.url, hooks: [("shuffle", silent.url)])
        ])
        let daemon = try await site.start()
        for (number, attacker) in Self.attackers.enumerated() {
            site.virusTotal.answer(attacker.address, with: answer(attacker.address, attacker.engines))
            site.manager.append(alert(number, attacker.address))
        }
        try await site.received(4)
        try await eventually("status says what waits") {
            let status = try await site.status()
            return status.health == .degraded && status.output["thehive"]?.waiting == 4
                && status.problems.contains { $0.hasPrefix("thehive: ") }
        }
        let again = try ServiceStandIn(.theHive(duplicate: 409), port: port)
        try await eventually("the cases") { again.taken.count == 4 }
        #expect(try await site.stop(daemon) == 0)
        #expect(again.requests.count == 4)
    }

    @Test func `AbuseIPDB is asked after VirusTotal, and raises a verdict where it is told to`() async throws {
        let abuse = try ServiceStandIn(.slack)
        let address = Self.attackers[2].address
        abuse.answerAll(
            with: .json([
                "data": ["ipAddress": address, "abuseConfidenceScore": 95, "totalReports": 12] as [String: Any]
            ]))
        let site = try Installation()
        let key = try site.manager.folder.write("abuse.key", "abuse-secret\n", mode: 0o600)
        try site.configure([
            "abuseipdb.api_key_file": key, "abuseipdb.url": abuse.url, "verdict.abuseipdb.malicious_min": "90",
        ])
        site.virusTotal.answer(address, with: answer(address, 1))
        let daemon = try await site.start()
        site.manager.append(alert(1, address))
        try await site.received(1)
        let source = try #require(try await site.status().abuseipdb)
        #expect(source.day.used == 1 && source.day.limit == 1_000 && source.lastError == nil)
        let shown = try await site.manager.run("status").standardOutput
        #expect(shown.contains("abuseipdb   1/1,000 of the day"))
        #expect(try await site.stop(daemon) == 0)
        let event = try #require(site.analysisd.events.first)
        #expect(event.text("virustotal_ip.verdict") == "malicious" && event.text("virustotal_ip.block") == "no")
        #expect(event.message.contains("\"abuseipdb\":{\"score\":95,\"reports\":12,\"tor\":\"no\"}"))
        #expect(abuse.requests.map(\.target) == ["/api/v2/check?ipAddress=\(address)&maxAgeInDays=90"])
        #expect(!site.manager.log.contains("abuse-secret"))
        chmod(key, 0o644)
        let check = try await site.manager.run("check")
        #expect(check.status == 0 && check.standardError.contains("AbuseIPDB is not asked: the API key file"))
    }

    @Test func `doctor sends each output a message that says it is a test`() async throws {
        let site = try Installation()
        let (theHive, slack) = (try ServiceStandIn(.theHive(duplicate: 400)), try ServiceStandIn(.slack))
        try site.configure([
            "outputs": try outputs(site.manager.folder, theHive: theHive.url, hooks: [("slack", slack.url)])
        ])
        for name in ["thehive", "slack"] {
            let output = try await site.manager.run("doctor", "--output", name)
            #expect(output.status == 0 && output.standardOutput.contains("a test message was sent"), "\(output)")
        }
        #expect((theHive.taken.first?.json?["title"] as? String)?.contains("Test of vtenrichd") == true)
        #expect(slack.taken.count == 1)
        let unknown = try await site.manager.run("doctor", "--output", "nagios")
        #expect(unknown.status == 1 && unknown.standardOutput.contains("there are: thehive, slack"))
        slack.answerAll(with: Reply(404, Array("no_active_hooks".utf8)))
        let refused = try await site.manager.run("doctor", "--output", "slack")
        #expect(refused.status == 1 && refused.standardOutput.contains("no_active_hooks"))
        #expect(!refused.standardOutput.contains("hooks/secret"))
    }
}
