import ArgumentParser
import Foundation
import VTEnrich
import VTEnrichCore

/// `vtenrichd cache`: what is known of which address.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Inspect and purge the cached verdicts.",
        subcommands: [List.self, Show.self, Purge.self, Stats.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is cached of one address.")
        @OptionGroup var shared: SharedOptions
        @Argument(help: "The address.") var ip: String
        @Flag(help: "Print one JSON document.") var json = false

        private func address() throws -> IPAddress {
            guard let address = IPAddress(cleaning: ip) else {
                throw ValidationError("'\(printable(ip))' is no IP address")
            }
            return address
        }

        func validate() throws { _ = try address() }

        func run() async throws {
            let address = try address()
            let settings = try shared.configuration().configuration
            try StateAccess.becomeOwner(of: settings.stateDirectory)
            guard let entry = try StateAccess.open(settings)?.cachedVerdict(for: address) else {
                writeError("\(address) is not in the cache")
                throw ExitCode(1)
            }
            let output = CacheText(settings: settings, now: Clock.system.wall())
            print(json ? output.json(address.description, entry) : output.account(address, entry))
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Count the cached verdicts.")
        @OptionGroup var shared: SharedOptions
        @Flag(help: "Print one JSON document.") var json = false

        func run() async throws {
            let settings = try shared.configuration().configuration
            try StateAccess.becomeOwner(of: settings.stateDirectory)
            let stats = try StateAccess.open(settings)?.cacheStats(now: Clock.system.wall()) ?? CacheStats()
            print(json ? try CacheText.json(stats) : CacheText.text(stats))
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete cached verdicts: of one address, the expired ones, or all.")
        @OptionGroup var shared: SharedOptions
        @Argument(help: "The address.") var ip: String?
        @Flag(help: "Delete what is past its time.") var expired = false
        @Flag(help: "Delete everything; each address then costs a lookup again.") var all = false

        func validate() throws {
            guard [ip != nil, expired, all].count(where: { $0 }) == 1 else {
                throw ValidationError("Give an address, --expired or --all.")
            }
            if let ip, IPAddress(cleaning: ip) == nil { throw ValidationError("'\(printable(ip))' is no IP address") }
        }

        func run() async throws {
            let settings = try shared.configuration().configuration
            let what = ip ?? (expired ? "expired" : "all")
            switch ControlClient.send(.purge(what), to: settings.controlSocket, patience: 60) {
            case .answer(.done(let count)): print("\(count) deleted")
            case .answer(.refused(let reason)):
                writeError(reason)
                throw ExitCode(1)
            case .answer, .hanging:
                writeError("the daemon at \(settings.controlSocket) did not answer; see its log")
                throw ExitCode(1)
            case .notAllowed:
                writeError("\(settings.controlSocket): permission denied (run it as root)")
                throw ExitCode(1)
            case .notRunning:
                try StateAccess.becomeOwner(of: settings.stateDirectory)
                let purge = Store.Purge(what)
                let count = try purge.map {
                    try StateAccess.open(settings)?.purgeAll($0, now: Clock.system.wall()) ?? 0
                }
                print("\(count ?? 0) deleted")
            }
        }
    }
}
