import ArgumentParser
import Foundation
import Support

/// The stand-ins as processes, for `make demo`, `make soak` and tests that need them outside their own process. Each
/// prints one line when it is ready and runs until it is killed.
@main
struct StandIns: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standins", abstract: "Local stand-ins for VirusTotal and for Wazuh's analysisd.",
        subcommands: [VirusTotal.self, Analysisd.self])
}

struct VirusTotal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virustotal", abstract: "Answers lookups on 127.0.0.1; prints its URL.")

    @Option(help: "0 takes a free one.") var port: UInt16 = 0
    @Option(help: "A file that gets one JSON line for each request.") var log: String?
    @Option(help: "The only key that is accepted; any without this.") var key: String?
    @Option(help: "Requests in any 60 seconds; no limit without this.") var perMinute: Int?
    @Option(help: "Requests in a UTC day; no limit without this.") var perDay: Int?
    @Option(help: "Seconds before each answer.") var latency: Double = 0

    func run() throws {
        var settings = VirusTotalStandIn.Settings()
        settings.port = port
        settings.log = log
        settings.key = key
        settings.perMinute = perMinute
        settings.perDay = perDay
        settings.latency = latency
        let standIn = try VirusTotalStandIn(settings)
        runUntilKilled(standIn, ready: standIn.url)
    }
}

struct Analysisd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analysisd", abstract: "Reads a queue socket; prints its path.")

    @Option(help: "Where the socket is made.") var socket: String
    @Option(help: "A file that gets every datagram as a line.") var out: String?
    @Option(help: "Datagrams read in a second; as fast as they come without this.") var perSecond: Int?
    @Option(help: "Loses every Nth event, as a full analysisd does.") var dropEvery: Int?
    @Option(help: "An alerts.json that gets the events' alerts.") var alertsFile: String?

    func run() throws {
        var settings = AnalysisdStandIn.Settings()
        settings.log = out
        settings.perSecond = perSecond
        settings.dropEvery = dropEvery
        settings.alertsPath = alertsFile
        settings.keepsDatagrams = false
        let standIn = try AnalysisdStandIn(path: socket, settings)
        runUntilKilled(standIn, ready: socket)
    }
}

/// Never returns: `standIn` works on threads of its own.
private func runUntilKilled(_ standIn: some Sendable, ready line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
    withExtendedLifetime(standIn) {
        while true { Thread.sleep(forTimeInterval: 3600) }
    }
}
