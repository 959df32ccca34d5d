import ArgumentParser
import Foundation
import VTEnrich
import VTEnrichCore

/// `vtenrichd simulate`: what a quota buys.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Show what the quota buys: the daemon's own cache, order and quota on a virtual clock.",
        discussion: """
            Takes alert files (plain or .gz, with the filters) or CSV "time,ip[,level]" with RFC 3339 times, whose \
            rows are taken as they are; a level that is not given is 3. The state starts empty, every answer is \
            "unknown" and comes at once. Nothing is looked up, no key is read.
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: ArgumentHelp("Files of alerts, or CSV.", valueName: "file")) var files: [String]
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let settings = try shared.configurationOrDefaults().configuration
        var arrivals: [Arrival] = []
        for file in files { arrivals += try Self.arrivals(in: file, settings) }
        let report = SimulationReport(try await Simulation(settings).run(arrivals))
        print(json ? String(decoding: try report.json(), as: UTF8.self) : SimulationText.render(report))
    }

    private static func arrivals(in file: String, _ settings: Configuration) throws -> [Arrival] {
        guard file.hasSuffix(".csv") || isCSV(file) else { return try alerts(in: file, settings) }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            writeError("cannot read \(file) as UTF-8 text")
            throw ExitCode(1)
        }
        let (arrivals, unreadable) = Arrivals.ofCSV(text)
        if unreadable > 0 {
            writeError("\(file): \(unreadable) rows without an RFC 3339 time and an address were left out")
        }
        return arrivals
    }

    private static func isCSV(_ file: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else { return false }
        defer { try? handle.close() }
        let start = (try? handle.read(upToCount: 64)) ?? Data()
        guard !start.starts(with: [0x1F, 0x8B]) else { return false }
        return Arrivals.isCSV(String(decoding: start, as: UTF8.self))
    }

    private static func alerts(in file: String, _ settings: Configuration) throws -> [Arrival] {
        var replay = Replay(settings)
        var arrivals: [Arrival] = []
        do throws(FileError) {
            let damage = try replay.read(file) { alert, address in
                guard let time = RFC3339.seconds(alert.timestamp) else { return }
                arrivals.append(Arrival(time: time, address: address, level: alert.rule.level ?? 0))
            }
            if let damage { writeError(damage) }
        } catch {
            writeError(error.description)
            throw ExitCode(1)
        }
        return arrivals
    }
}
