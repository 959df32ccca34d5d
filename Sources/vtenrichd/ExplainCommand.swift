import ArgumentParser
import Foundation
import VTEnrich
import VTEnrichCore

/// `vtenrichd explain`: why a verdict is what it is. Reads the configuration, files and, for a cached address, the state;
/// creates nothing, and never asks VirusTotal.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell rule by rule why a verdict is what it is.",
        usage: """
            vtenrichd explain <ip> [--alert <file>] [--now <time>] [--json]
            vtenrichd explain --response <file> [<ip>] [--alert <file>] [--status <code>] [--now <time>] [--json]
            vtenrichd explain --ndjson
            """,
        discussion: """
            Explains the cached answer about an address, or an answer of VirusTotal saved in a file. Any JSON is \
            judged; notes say where the daemon would refuse it. Without --alert, what an event says of its alert is \
            missing.

            With --ndjson, reads lines {"now","alert","status","response"} from standard input and writes one line for \
            each: {"prefix","event"}, the datagram to analysisd in two parts, or {"prefix":null,"event":null,"error"}. \
            Event ids are made with a key of zero bytes: they are not the daemon's.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The address that was asked.", valueName: "ip"))
    var address: String?

    @Option(help: ArgumentHelp("Judge this answer of VirusTotal instead of the cache.", valueName: "file"))
    var response: String?

    @Option(help: ArgumentHelp("Make the event for this alert, one JSON object.", valueName: "file"))
    var alert: String?

    @Option(help: ArgumentHelp("The HTTP status of the answer.", valueName: "code"))
    var status = 200

    @Option(help: ArgumentHelp("Judge as of this time: RFC 3339, as 2025-12-05T09:30:00Z.", valueName: "time"))
    var now: String?

    @Flag(help: "Print the event as JSON.")
    var json = false

    @Flag(help: "Explain lines of standard input.")
    var ndjson = false

    func validate() throws {
        if ndjson {
            guard address == nil, response == nil, alert == nil, now == nil else {
                throw ValidationError("--ndjson takes everything from standard input")
            }
        } else if response == nil && address == nil {
            throw ValidationError("Name an address, or an answer with --response.")
        }
        if let address, IPAddress(cleaning: address) == nil {
            throw ValidationError("'\(address)' is no IP address.")
        }
        if let now, RFC3339.seconds(now) == nil {
            throw ValidationError("'\(now)' is no time like 2025-12-05T09:30:00Z.")
        }
    }

    func run() async throws {
        do {
            let configuration = try effectiveConfiguration()
            let explainer = Explainer(
                selection: configuration.selection, verdict: configuration.verdict,
                location: configuration.selection.ownLocation)
            if ndjson {
                try explainLines(explainer)
            } else {
                try show(explanation(explainer, configuration))
            }
        } catch let error as Explainer.Problem {
            writeError("cannot explain: \(error)")
            throw ExitCode.failure
        } catch let error as StoreError {
            writeError("\(error)")
            throw ExitCode.failure
        }
    }

    /// `explain` knows only one exit code for failure.
    private func effectiveConfiguration() throws -> Configuration {
        do {
            return try shared.configurationOrDefaults().configuration
        } catch is ExitCode {
            throw ExitCode.failure
        }
    }

    private func explainLines(_ explainer: Explainer) throws {
        while let line = readLine() {
            let explained = explainer.explain(line: Array(line.utf8), now: Clock.system.wall())
            try FileHandle.standardOutput.write(contentsOf: explained + [UInt8(ascii: "\n")])
        }
    }

    private func explanation(_ explainer: Explainer, _ configuration: Configuration) throws -> Explanation {
        let now = now.flatMap(RFC3339.seconds) ?? Clock.system.wall()
        let answer = try response.map { JSONValue(parsing: try bytes(of: $0)) }
        let source = try source(explainer, answer: answer ?? nil)
        let context = explainer.context(for: source.address, now: now)
        if let answer { return Explanation(source, answer: answer, status: status, context) }

        try StateAccess.becomeOwner(of: configuration.stateDirectory)
        guard let entry = try StateAccess.open(configuration)?.cachedVerdict(for: source.address) else {
            throw Explainer.Problem(
                "the cache in \(configuration.stateDirectory) has nothing about \(source.address)")
        }
        let mark = EnrichedEvent.CacheMark(
            isHit: true, isStale: !entry.isFresh(at: now), ageSeconds: max(0, Int(now - entry.fetchedAt)))
        return Explanation(source, cached: entry.reputation, pivot: entry.pivot, cache: mark, context)
    }

    /// The alert, and the address that was asked: as given, else the alert's, else the one that the answer speaks of.
    private func source(_ explainer: Explainer, answer: JSONValue?) throws -> EventSource {
        let given = address.flatMap { IPAddress(cleaning: $0) }
        if let alert {
            var source = try explainer.source(ofAlert: try bytes(of: alert))
            if let given { source.address = given }
            return source
        }
        guard let asked = given ?? answer?["data"]?["id"]?.text.flatMap({ IPAddress(cleaning: $0) }) else {
            throw Explainer.Problem("the answer names no address: give the one that was asked, or --alert")
        }
        return explainer.source(of: asked)
    }

    /// Any file, a pipe too: `--response <(curl ...)`.
    private func bytes(of path: String) throws(Explainer.Problem) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Explainer.Problem("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        do {
            return Array(try file.readToEnd() ?? Data())
        } catch {
            throw Explainer.Problem("cannot read \(path): \(error.localizedDescription)")
        }
    }

    private func show(_ explanation: Explanation) throws {
        if json {
            print(terminalSafe(json: String(decoding: explanation.event, as: UTF8.self)))
        } else {
            for line in explanation.description.split(separator: "\n") { print(printable(String(line))) }
        }
        if json {
            for note in explanation.notes { writeError("note: \(note)") }
        }
    }
}
