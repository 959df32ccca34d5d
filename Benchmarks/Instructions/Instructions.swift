import Dispatch
import Foundation
import Support
import Synchronization
import VTEnrich
import VTEnrichCore

/// Takes a file of alerts along one hot path, for callgrind to count the instructions:
///
///     instructions scan CONFIGURATION FILE
///     instructions enrich CONFIGURATION COUNT
///
/// `scan` is what `vtenrichd replay` does; `enrich` is the whole daemon, until as many events came out as there are alerts.
/// Not asynchronous itself, since that ends the first thread, and valgrind 3.19 does not survive it.
@main
struct Instructions {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else { throw Wrong(description: "scan|enrich CONFIGURATION FILE|COUNT") }
        if arguments[1] == "scan" {
            var replay = Replay(try ConfigurationReader.load(path: arguments[2]).configuration)
            try replay.read(arguments[3])
        } else {
            try enrich(arguments[2], count: Int(arguments[3]) ?? 0)
        }
        exit(0)
    }

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    private static func enrich(_ path: String, count: Int) throws {
        let configuration = try ConfigurationReader.load(path: path).configuration
        try fill(configuration.stateDirectory)
        let received = DispatchSemaphore(value: 0)
        var settings = AnalysisdStandIn.Settings()
        settings.keepsDatagrams = false
        settings.onDatagram = { _ in received.signal() }
        let analysisd = try AnalysisdStandIn(path: configuration.analysisd?.socket ?? "", settings)
        let daemon = try Daemon(configurationPath: path, version: "0", environment: [:])
        Task { try await daemon.start() }
        for _ in 0..<count { received.wait() }
        withExtendedLifetime(analysisd) {}
    }

    /// Verdicts on 20.0.0.0 to 20.0.0.19.
    private static func fill(_ directory: String) throws {
        let store = try Store(directory: directory)
        let now = wallSeconds()
        let facts = ReputationFacts(
            stats: .init(malicious: 11, suspicious: 2, harmless: 58, undetected: 23, total: 94), enginesMalicious: 11,
            enginesSuspicious: 2, tags: ["scanner"], lastAnalysisDate: Int(now), country: "US", owner: "HURRICANE")
        for number in 0..<20 {
            guard let address = IPAddress("20.0.0.\(number)") else { continue }
            let entry = CachedVerdict(
                reputation: .found(facts), verdict: .malicious, fetchedAt: now, expiresAt: now + 86_400)
            try store.answer(address, with: entry, limit: 1) { _ in [] }
        }
    }
}
