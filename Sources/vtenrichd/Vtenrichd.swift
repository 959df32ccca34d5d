import ArgumentParser

@main
struct Vtenrichd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vtenrichd",
        abstract: "Enriches Wazuh alerts with VirusTotal's verdict on their source address.",
        subcommands: [CheckCommand.self, ExplainCommand.self])
}
