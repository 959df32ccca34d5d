import ArgumentParser
import Foundation
import VTEnrich
import VTEnrichCore

extension CacheCommand {
    /// `vtenrichd cache list`: every cached address, or those that were asked for, as text, JSON or CSV.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List cached addresses.",
            discussion: """
                Verdicts are those of now, as an event would say. --csv writes a table for a spreadsheet; texts in it that a \
                spreadsheet would take for a formula begin with an apostrophe.
                """)

        enum Class: String, ExpressibleByArgument, CaseIterable {
            case malicious, suspicious, unknown, notFound = "not_found", invalid
        }

        @OptionGroup var shared: SharedOptions
        @Option(help: "Only these: malicious, suspicious, unknown, not_found or invalid.") var verdict: Class?
        @Option(help: ArgumentHelp("Only what was fetched longer ago: 12h, 7d.", valueName: "duration"))
        var older: String?
        @Flag(help: "Print one JSON document.") var json = false
        @Flag(help: "Print a CSV table with a heading.") var csv = false

        func validate() throws {
            guard !json || !csv else { throw ValidationError("Give either --json or --csv.") }
            if let older, durationSeconds(older) == nil {
                throw ValidationError("'\(printable(older))' is no duration such as 12h or 7d")
            }
        }

        func run() async throws {
            let settings = try shared.configuration().configuration
            try StateAccess.becomeOwner(of: settings.stateDirectory)
            let store = try StateAccess.open(settings)
            let output = CacheText(settings: settings, now: Clock.system.wall())
            let longAgo = older.flatMap(durationSeconds) ?? 0
            var (last, first) = ("", true)
            if json { print("[", terminator: "") }
            if csv { print(CacheText.csvHeading) }
            while let entries = try store?.cachedVerdicts(after: last, limit: 500), let end = entries.last {
                for (address, entry) in entries where output.isWanted(entry, verdict?.rawValue, olderThan: longAgo) {
                    if json {
                        print((first ? "\n" : ",\n") + output.json(address, entry), terminator: "")
                    } else {
                        print(csv ? output.csv(address, entry) : output.line(address, entry))
                    }
                    first = false
                }
                last = end.address
            }
            if json { print("\n]") }
        }
    }
}
