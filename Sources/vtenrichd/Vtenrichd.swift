import ArgumentParser

@main
struct Vtenrichd: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "vtenrichd",
        abstract: "Enriches Wazuh alerts with VirusTotal's verdict on their source address.",
        version: version,
        subcommands: [
            RunCommand.self, ReloadCommand.self, StatusCommand.self, CheckCommand.self, DoctorCommand.self,
            LookupCommand.self,
            CacheCommand.self, ExplainCommand.self, ReplayCommand.self, SimulateCommand.self, ImportCommand.self,
            ReportCommand.self,
        ])
}
