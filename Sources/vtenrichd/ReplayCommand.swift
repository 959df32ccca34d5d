import ArgumentParser
import Foundation
import VTEnrich

/// `vtenrichd replay`: what the filters would take out of files of alerts.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Count what the filters take out of alert files.",
        discussion: """
            Reads files as Wazuh writes them, plain or .gz, by the daemon's own filters and address fields. Nothing is \
            looked up or sent; neither key nor state is needed. Without a configuration file every alert is taken.
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: ArgumentHelp("Files of alerts.", valueName: "file")) var files: [String]
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        var replay = Replay(try shared.configurationOrDefaults().configuration)
        for file in files {
            do throws(FileError) {
                if let damage = try replay.read(file) { writeError(damage) }
            } catch {
                writeError(error.description)
                throw ExitCode(1)
            }
        }
        let (counts, addresses) = (replay.counts, replay.addresses.count)
        if json {
            print(
                """
                {"lines":\(counts.lines),"matched":\(counts.matched),"with_address":\(counts.withAddress),\
                "addresses":\(addresses),"malformed":\(counts.malformed),"oversize":\(counts.oversize),\
                "excluded":\(counts.excluded),"own_events":\(counts.ownEvents)}
                """)
        } else {
            print(
                """
                \(counts.lines) lines: \(counts.matched) taken by the filters, \(counts.excluded) excluded, \
                \(counts.ownEvents) our own events
                \(counts.withAddress) with a public address, of \(addresses) addresses
                \(counts.malformed) malformed, \(counts.oversize) longer than alerts.max_line_bytes
                """)
        }
    }
}
