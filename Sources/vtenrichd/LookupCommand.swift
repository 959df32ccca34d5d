import ArgumentParser
import Foundation
import Glibc
import VTEnrich
import VTEnrichCore

/// `vtenrichd lookup`: what VirusTotal says of an address, through the daemon's cache and quota.
struct LookupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup",
        abstract: "Look addresses up through the same cache and the same quota as the daemon.",
        discussion: """
            Asks the running daemon; without one, works on its state itself. A cached answer costs nothing; any other \
            one is a request of the day's quota, goes ahead of the queue and may wait up to a minute for its turn. \
            Exits with 1 when one of the addresses could not be looked up.
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: ArgumentHelp("The addresses.", valueName: "ip")) var ips: [String]
    @Flag(help: "Print one JSON document, an array.") var json = false
    @Flag(help: "Ask VirusTotal even when the cache has an answer.") var refresh = false

    func run() async throws {
        let addresses = try ips.map { text in
            guard let address = IPAddress(cleaning: text) else {
                throw ValidationError("'\(printable(text))' is no IP address")
            }
            return address
        }
        let settings = try shared.configuration().configuration
        let lookup = try await source(settings)
        let output = CacheText(settings: settings, now: Clock.system.wall())
        var (items, failed) = ([String](), false)
        for address in addresses {
            switch await lookup(address) {
            case .entry(let entry):
                items.append(json ? output.json(address.description, entry) : output.account(address, entry))
            case .refused(let reason):
                failed = true
                if json {
                    items.append(Self.json(address, error: reason))
                } else {
                    writeError("\(address): \(reason)")
                }
            }
        }
        if json { print("[" + items.joined(separator: ",\n ") + "]") } else { items.forEach { print($0) } }
        if failed { throw ExitCode(1) }
    }

    /// Who answers: the daemon, or this process in its place.
    private func source(_ settings: Configuration) async throws -> (IPAddress) async -> ManualAnswer {
        let refresh = refresh
        if Store.runningDaemon(directory: settings.stateDirectory) != nil
            || access(settings.controlSocket, F_OK) == 0 && !isStale(settings.controlSocket)
        {
            return { Self.ask($0, refresh: refresh, settings) }
        }
        let key = try loadKey(settings)
        try StateAccess.becomeOwner(of: settings.stateDirectory)
        do {
            let desk = try LookupDesk(settings, key: key)
            return { await desk.lookUp($0, refresh: refresh) }
        } catch {
            writeError("\(error)")
            throw ExitCode(1)
        }
    }

    private func loadKey(_ settings: Configuration) throws -> APIKey? {
        do throws(APIKeyError) {
            return try LoadedAPIKey.load(
                for: settings.virusTotal, environment: ProcessInfo.processInfo.environment
            ).key
        } catch {
            writeError("virustotal.api_key_file: \(error)")
            throw ExitCode(1)
        }
    }

    /// A socket that nobody listens at: the daemon was killed.
    private func isStale(_ path: String) -> Bool {
        if case .notRunning = ControlClient.send(.status, to: path, patience: 1) { return true }
        return false
    }

    private static func ask(_ address: IPAddress, refresh: Bool, _ settings: Configuration) -> ManualAnswer {
        switch ControlClient.send(
            .lookUp(address: address.description, refresh: refresh), to: settings.controlSocket, patience: 100)
        {
        case .answer(.entry(let entry)): return .entry(entry)
        case .answer(.refused(let reason)): return .refused(reason)
        case .answer: return .refused("the daemon's answer was not understood")
        case .notRunning: return .refused("the daemon does not listen at \(settings.controlSocket)")
        case .notAllowed: return .refused("\(settings.controlSocket): permission denied (run it as root)")
        case .hanging: return .refused("the daemon did not answer in time")
        }
    }

    private static func json(_ address: IPAddress, error: String) -> String {
        let object = ["ip": address.description, "error": error]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
