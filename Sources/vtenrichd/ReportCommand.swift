import ArgumentParser
import Foundation
import Glibc
import VTEnrich
import VTEnrichCore

/// `vtenrichd report`: what came, from where, and what it cost, for people.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a report of the last days as one HTML page.",
        discussion: """
            Alerts by verdict over time; the most frequent addresses, owners, countries, rules and agents; requests by day; \
            waiting times. The page loads nothing and prints well. It is made from the state, whether the daemon runs or \
            not, for whole days in UTC. Names are kept for 90 days, all else for 400.
            """)

    @OptionGroup var shared: SharedOptions
    @Option(help: ArgumentHelp("How far back: 24h, 7d, up to 400d.", valueName: "duration")) var since = "7d"
    @Option(help: ArgumentHelp("Write the page to this file; - is standard output.", valueName: "file"))
    var output: String

    private static let longest = 400 * 86_400.0

    func validate() throws {
        guard let seconds = durationSeconds(since), seconds > 0, seconds <= Self.longest else {
            throw ValidationError("'\(printable(since))' is no duration such as 24h or 7d, up to 400d")
        }
    }

    func run() async throws {
        let settings = try shared.configuration().configuration
        // Before root gives up its rights: whose report it is may write where the service may not.
        let file = try output == "-" ? STDOUT_FILENO : open()
        try StateAccess.becomeOwner(of: settings.stateDirectory)
        guard let store = try StateAccess.open(settings) else {
            writeError("\(settings.stateDirectory) holds no state yet: the service has not run")
            throw ExitCode(1)
        }
        let data: ReportData
        do throws(StoreError) {
            data = try store.report(seconds: durationSeconds(since) ?? 0, now: Clock.system.wall())
        } catch {
            writeError(error.description)
            throw ExitCode(1)
        }
        let page = ReportPage(
            data, host: Host.name, version: Vtenrichd.version, dayLimit: settings.virusTotal.quota.perDay,
            verdictSettings: settings.verdict)
        try write(page.html, to: file)
    }

    /// An older report is replaced when the new one is made, and not before.
    private func open() throws -> Int32 {
        let file = Glibc.open(output, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o640)
        guard file >= 0 else { throw failure() }
        return file
    }

    private func write(_ page: String, to file: Int32) throws {
        if output != "-", ftruncate(file, 0) != 0, errno != EINVAL { throw failure() }
        var rest = Array(page.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(count)
        }
    }

    private func failure() -> ExitCode {
        writeError("cannot write \(output == "-" ? "standard output" : output): \(String(cString: strerror(errno)))")
        return ExitCode(1)
    }
}

private enum Host {
    /// The machine's name without its domain.
    static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "this manager" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(String(decoding: bytes, as: UTF8.self).prefix { $0 != "." })
    }
}
