import Foundation
import Support
import Testing
import VTEnrich

/// What people do beside the daemon: look an address up, rehearse a file.
struct ByHandTests {
    @Test(arguments: [true, false])
    func `a lookup uses the daemon's cache and quota, and a private address neither`(isRunning: Bool) async throws {
        let site = try Installation(alerts: Alerts.text([1]))
        let daemon = try await site.start()
        try await site.received(1)
        if !isRunning { #expect(try await site.stop(daemon) == 0) }

        let known = try await site.manager.run("lookup", Alerts.address(1), "--json")
        #expect(known.status == 0 && Self.array(known).map { $0["ip"] as? String } == [Alerts.address(1)])
        #expect(site.virusTotal.requests.count == 1)
        let fresh = try await site.manager.run("lookup", Alerts.address(1), "--refresh", "--json")
        #expect(fresh.status == 0 && site.virusTotal.requests.count == 2)
        let other = try await site.manager.run("lookup", Alerts.address(2))
        #expect(other.status == 0 && other.standardOutput.hasPrefix(Alerts.address(2)))
        let mixed = try await site.manager.run("lookup", "10.0.0.1", Alerts.address(2), "--json")
        #expect(mixed.status == 1 && mixed.json == nil)
        #expect(Self.array(mixed).count == 2)
        #expect((Self.array(mixed).first?["error"] as? String)?.contains("never looked up") == true)
        #expect(site.virusTotal.requests.count == 3)
        #expect(try await site.status().quota.day.used == 3)

        let next = isRunning ? daemon : try await site.start()
        site.manager.append(Alerts.line(2))
        try await site.received(2)
        #expect(site.virusTotal.requests.count == 3)
        #expect(try await site.stop(next) == 0)
    }

    @Test func `a lookup without a state creates none and says what to do`() async throws {
        let site = try Installation()
        let output = try await site.manager.run("lookup", Alerts.address(1))
        #expect(output.status == 1 && output.standardError.contains("start the daemon once"))
        #expect(site.virusTotal.requests.isEmpty)
    }

    @Test func `replay counts what the filters would take, of plain and packed files`()
        async throws
    {
        let folder = try TemporaryFolder()
        let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../demo/sample-alerts.json.gz").standardized.path
        let plain = try folder.write(
            "more.json", Alerts.line(1) + "\ngarbage\n" + Alerts.line(2, srcip: "10.0.0.1") + "\n")
        // Not the machine's own.
        let config = try folder.write("vtenrichd.yaml", "")
        func replay(_ files: String...) async throws -> Program.Output {
            try await Program("vtenrichd").run(["replay", "--json", "--config", config] + files)
        }
        let packed = try #require(try await replay(sample).json as? [String: Int])
        #expect(packed["lines"] == 413 && packed["with_address"] == 344 && packed["addresses"] == 127)
        let both = try #require(try await replay(sample, plain).json as? [String: Int])
        let wanted = [
            "lines": 416, "matched": 415, "with_address": 345, "addresses": 128, "malformed": 1, "oversize": 0,
            "excluded": 0, "own_events": 0,
        ]
        #expect(both == wanted)
        let missing = try await replay("/nowhere/x")
        #expect(missing.status == 1 && missing.standardError.contains("/nowhere/x"))
    }

    @Test func `simulate tells how long a file's addresses would wait`() async throws {
        let folder = try TemporaryFolder()
        // Eight addresses at once with four a minute; the first one comes again.
        let rows =
            (1...8).map { "2026-03-02T10:00:00Z,\(Alerts.address($0))" } + [
                "2026-03-02T10:30:00Z,\(Alerts.address(1)),12"
            ]
        let path = try folder.write("arrivals.csv", "time,ip,level\n" + rows.joined(separator: "\n") + "\n")
        let config = try folder.write("vtenrichd.yaml", "")
        let output = try await Program("vtenrichd").run(["simulate", path, "--json", "--config", config])
        let report = try #require(output.json)
        #expect(output.status == 0 && output.standardError == "")
        #expect(report["alerts"] as? Int == 9 && report["addresses"] as? Int == 8 && report["lookups"] as? Int == 8)
        #expect(report["worst_minute"] as? Int == 4)
        let within = try #require(report["within"] as? [String: Double])
        #expect(Set(within.keys) == ["60s", "15m", "1h", "6h", "ever"] && within["ever"] == 1)
        let wait = try #require(report["wait_seconds"] as? [String: Double])
        #expect(wait["p50"] == 0 && wait["max"] ?? 0 >= 60 && Set(wait.keys) == ["p50", "p95", "p99", "max"])
        let days = try #require(report["days"] as? [[String: Any]])
        #expect(days.map { $0["date"] as? String } == ["2026-03-02"])
    }

    private static func array(_ output: Program.Output) -> [[String: Any]] {
        (try? JSONSerialization.jsonObject(with: Data(output.standardOutput.utf8))) as? [[String: Any]] ?? []
    }
}
