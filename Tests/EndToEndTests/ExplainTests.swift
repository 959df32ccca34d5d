import Foundation
import Support
import Testing
import VTEnrich
import VTEnrichCore

struct ExplainTests {
    private let folder: TemporaryFolder
    private let program: Program

    init() throws {
        folder = try TemporaryFolder()
        program = try Program("vtenrichd")
    }

    private static let answer = """
        {"data":{"id":"64.62.197.132","type":"ip_address","attributes":{"last_analysis_date":1764866736,
        "last_analysis_stats":{"malicious":16,"harmless":78},"as_owner":"HURRICANE"}}}
        """
    private static let alert = """
        {"timestamp":"2025-07-21T12:41:18.157+0000","rule":{"level":5,"id":"100003"},"id":"1753101678.8211",
        "agent":{"id":"001","name":"web01","ip":"10.0.0.5"},"data":{"srcip":"64.62.197.132"}}
        """

    /// Points everything at the folder, where nothing else may appear.
    private func configuration(_ more: String = "") throws -> String {
        try folder.write(
            "vtenrichd.yaml",
            """
            virustotal: {api_key_file: \(folder["key"])}
            state_dir: \(folder["state"])
            control_socket: \(folder["control.sock"])
            \(more)
            """)
    }

    @Test func `lines give lines, without key or state, and nothing is created`() async throws {
        let configuration = try configuration()
        let line = #"{"alert":\#(Self.alert),"status":200,"response":\#(Self.answer)}"#.replacing("\n", with: "")
        let output = try await program.run(
            ["explain", "--ndjson", "--config", configuration], input: line + "\nnonsense\n" + line)
        #expect(output.status == 0 && output.standardError == "")
        let lines = output.standardOutput.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 4 && lines[3] == "")
        #expect(lines[0].hasPrefix(#"{"prefix":"1:[001] (web01) 10.0.0.5->virustotal_ip:","event":{"integration""#))
        #expect(lines[1] == #"{"prefix":null,"event":null,"error":"the line is no JSON object"}"#)
        #expect(lines[2] == lines[0])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["vtenrichd.yaml"])
    }

    @Test func `a saved answer is told rule by rule, or as the event`() async throws {
        let arguments = [
            "explain", "--config", try configuration(), "--response", try folder.write("answer.json", Self.answer),
            "--alert", try folder.write("alert.json", Self.alert), "--now", "2025-12-05T09:30:00Z",
        ]
        let text = try await program.run(arguments)
        #expect(text.status == 0 && text.standardError == "")
        #expect(text.standardOutput.hasPrefix("64.62.197.132: malicious\n"))
        #expect(text.standardOutput.contains("\n  block       yes\n"))
        let event = try #require(try await program.run(arguments + ["--json"]).json)
        let body = try #require(event["virustotal_ip"] as? [String: Any])
        #expect(body["block"] as? String == "yes" && body["age_days"] as? Double == 0.7)
        let stale = try await program.run(arguments + ["--status", "503", "--json"]).json
        #expect((stale?["virustotal_ip"] as? [String: Any])?["reason"] as? String == "provider_unavailable")
    }

    @Test(arguments: [
        "explain", "explain not-an-ip", "explain 8.8.8.8 --now noon", "explain --ndjson 8.8.8.8",
    ])
    func `wrong usage exits with 64`(command: String) async throws {
        let output = try await program.run(command.split(separator: " ").map(String.init))
        #expect(output.status == 64 && output.standardOutput == "" && output.standardError != "")
    }

    @Test(arguments: [
        ("explain 8.8.8.8", "has nothing about 8.8.8.8"),
        ("explain --response /nowhere/x", "cannot read /nowhere/x: No"),
        ("explain --response /dev/null", "the answer names no address"),
    ])
    func `what cannot be explained exits with 1 and says why`(command: String, message: String) async throws {
        let arguments = command.split(separator: " ").map(String.init) + ["--config", try configuration()]
        let output = try await program.run(arguments)
        #expect(output.status == 1 && output.standardOutput == "")
        #expect(output.standardError.contains(message), "\(output.standardError)")
    }

    @Test func `an address is told from the cache, with its pivot, and a stale entry as one`() async throws {
        let configuration = try configuration()
        try folder.makeFolder(of: folder["state/state.db"])
        let address = try #require(IPAddress("64.62.197.132"))
        do {
            let store = try Store(directory: folder["state"])
            let facts = ReputationFacts(stats: .init(suspicious: 1, total: 90))
            let entry = CachedVerdict(
                reputation: .found(facts), pivot: PivotFacts(totalFiles: 4, strongFiles: 3), verdict: .malicious,
                fetchedAt: 1_764_927_000, expiresAt: 1_764_930_600)
            try store.answer(address, with: entry, limit: 1) { _ in [] }
        }
        func explain(_ minute: String) async throws -> Program.Output {
            try await program.run(
                ["explain", "64.62.197.132", "--config", configuration, "--now", "2025-12-05T\(minute):00Z"])
        }
        let fresh = try await explain("09:31")
        #expect(fresh.status == 0 && fresh.standardError == "")
        #expect(fresh.standardOutput.hasPrefix("64.62.197.132: malicious\n"))
        #expect(fresh.standardOutput.contains("3 of 4 communicating files") && !fresh.standardOutput.contains("note:"))
        #expect(try await explain("10:31").standardOutput.contains("note: this entry is past its time"))
    }

    @Test func `thresholds come from the configuration, and a broken one is refused`() async throws {
        let answer = try folder.write("answer.json", Self.answer)
        let high = try configuration("block: {malicious_above: 16}")
        let output = try await program.run(["explain", "--config", high, "--response", answer])
        #expect(output.standardOutput.contains("\n  block       no: 16 malicious engines are not more than 16\n"))
        let broken = try configuration("blok: 1")
        let refused = try await program.run(["explain", "--config", broken, "--response", answer])
        #expect(refused.status == 1 && refused.standardOutput == "")
    }
}
