import ArgumentParser
import Foundation
import Support

/// Measures the `vtenrichd` beside it over real files and sockets, beside `wc -l` and `grep -c` in the same run, and prints a
/// table. README.md holds the last one.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures the vtenrichd beside this program.")

    enum Section: String, CaseIterable, ExpressibleByArgument {
        case scan, follow
        case catchUp = "catch-up"
        case enrich, cluster, latency, idle, state
    }

    enum Size: String, CaseIterable, ExpressibleByArgument {
        case small, medium, full
    }

    @Argument(help: "Which; all without any.") var sections: [Section] = Section.allCases
    @Option(help: "small: a minute; medium: some minutes; full: 10 GB of alerts and 10 million verdicts.") var size =
        Size.medium
    @Option(help: "Alerts to repeat, plain or .gz; the demonstration's without this.") var alerts: String?
    @Option(help: "Writes the figures to this file as JSON.") var json: String?
    @Option(help: "Writes the table to this file as Markdown.") var markdown: String?

    func run() async throws {
        var table = Table()
        let work = Work(size: size, sample: try await SampleAlerts(alerts))
        for section in sections {
            switch section {
            case .scan: try work.scan(&table)
            case .follow: try await work.follow(&table)
            case .catchUp: try await work.catchUp(&table)
            case .enrich: try await work.enrich(&table)
            case .cluster: try await work.cluster(&table)
            case .latency: try await work.latency(&table)
            case .idle: try await work.idle(&table)
            case .state: try work.state(&table)
            }
        }
        if let json { try table.json.write(to: URL(fileURLWithPath: json)) }
        if let markdown { try Data((table.markdown + "\n").utf8).write(to: URL(fileURLWithPath: markdown)) }
        guard table.rows.allSatisfy({ $0.reached != false }) else { throw ExitCode(1) }
    }
}

/// What the measurements share.
struct Work {
    let size: Bench.Size
    let sample: SampleAlerts

    func scaled<Value>(_ small: Value, _ medium: Value, _ full: Value) -> Value {
        switch size {
        case .small: small
        case .medium: medium
        case .full: full
        }
    }
}
