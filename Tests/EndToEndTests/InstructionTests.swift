import Foundation
import Support
import Testing

/// Where a sanitizer is built in, or the compiler optimises, the figures are others.
private var canBeCounted: Bool {
    #if DEBUG
        !ProcessInfo.processInfo.environment.keys.contains { $0.hasSuffix("SAN_OPTIONS") }
    #else
        false
    #endif
}

/// What an alert costs in instructions, counted by callgrind, since times on a shared machine prove nothing. Of the debug build,
/// which is the one at hand: a path that does something twice, or once more for each alert before it, shows there too.
@Suite(.enabled(if: canBeCounted)) struct `Instructions` {
    /// How much more than `Benchmarks/instructions.json` says is no news: compilers and libraries differ.
    private static let margin = 1.3

    @Test(arguments: ["scan", "enrich"]) func `an alert costs no more than it did`(path: String) async throws {
        let (few, many) = (100, 400)
        // What is done once, as the start, is in both.
        let (less, more) = (try await count(path, alerts: few), try await count(path, alerts: many))
        let cost = (more - less) / (many - few)
        let known = try #require(try Self.figures()[path])
        print("\(path): \(cost) instructions for an alert, \(known) at the last look")
        #expect(
            Double(cost) < Double(known) * Self.margin,
            "more than before: profile it (Benchmarks/README.md), or write \(cost) into Benchmarks/instructions.json")
        #expect(
            Double(cost) > Double(known) / 2, "less than half: write \(cost) into Benchmarks/instructions.json")
    }

    private static func figures() throws -> [String: Int] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Benchmarks/instructions.json")
        return try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: file))
    }

    private func count(_ path: String, alerts: Int) async throws -> Int {
        let lines = (0..<alerts).map { TemporaryManager.alert(id: "1753101678.\($0)", srcip: "20.0.0.\($0 % 20)") }
        let manager = try TemporaryManager(alerts: lines.joined(separator: "\n") + "\n")
        try manager.configure(virusTotal: "http://127.0.0.1:9", ["output.analysisd.max_per_second": "0"])
        // valgrind cannot read what the compiler tells the debugger.
        let program = manager.folder["instructions"]
        _ = try await Program(at: "/usr/bin/strip").run(["-g", "-o", program, try Program("instructions").path])
        let output = try await Program(at: "/usr/bin/valgrind").run([
            "--tool=callgrind", "--callgrind-out-file=/dev/null", program, path, manager.configurationPath,
            path == "scan" ? manager.alertsPath : "\(alerts)",
        ])
        let collected = output.standardError.firstMatch(of: /Collected : ([0-9]+)/).flatMap { Int($0.1) }
        return try #require(collected, "\(output.status): \(output.standardError.suffix(2_000))")
    }
}
