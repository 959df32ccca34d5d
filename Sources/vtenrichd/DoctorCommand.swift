import ArgumentParser
import Foundation
import VTEnrich

/// `vtenrichd doctor`: finds out alone why it does not work.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at everything the service needs and say what mends what is wrong.",
        discussion: """
            Probes one after the other: configuration, key file, alerts.json, state directory, queue socket, rules, whether \
            events came back as alerts, the service, clock and connection. As root it looks at files as the service's user. \
            Nothing is changed or sent; with --live VirusTotal is asked for the key's quotas, which costs none, and --output \
            does nothing but send a test message to one of the outputs. Exits with 1 when a line says FAIL.
            """)

    @OptionGroup var shared: SharedOptions
    @Flag(help: "Ask VirusTotal for the quotas of virustotal.user.") var live = false
    @Option(help: "Send a test message to this output.") var output: String?
    @Flag(help: "Print one JSON document.") var json = false

    func run() async throws {
        let doctor = Doctor(
            configurationPath: shared.path, environment: ProcessInfo.processInfo.environment, live: live)
        let findings: [Finding]
        if let output { findings = await doctor.test(output: output) } else { findings = await doctor.examine() }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(terminalSafe(json: String(decoding: try encoder.encode(findings), as: UTF8.self)))
        } else {
            print(DoctorText.render(findings, on: .standardOutput))
        }
        if findings.contains(where: { $0.grade == .fail }) { throw ExitCode(1) }
    }
}
