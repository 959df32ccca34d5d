import ArgumentParser
import Foundation
import VTEnrich

/// `vtenrichd check`: whether `run` would take the configuration and the key.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate the configuration and the API key file.",
        discussion: """
            Prints every error and warning with file, line, column and key on standard error. Exits with 0 when the \
            configuration can be used, else with 78. A missing API key is a warning.
            """)

    @OptionGroup var shared: SharedOptions

    @Flag(help: "Print the effective values as YAML on standard output, secrets masked.")
    var print = false

    func run() async throws {
        let loaded = try shared.configuration()
        for warning in loaded.warnings { writeError(warning.description) }
        let keyLine = try checkKey(loaded.configuration)
        for problem in loaded.configuration.secretProblems { writeError("\(shared.path): warning: \(problem)") }
        if print {
            Swift.print("# effective configuration of \(shared.path)")
            Swift.print("# API key: \(keyLine)")
            Swift.print(try loaded.configuration.yaml(), terminator: "")
        }
        writeError("\(shared.path): configuration OK")
    }

    /// Where the key comes from, for `--print`.
    private func checkKey(_ configuration: Configuration) throws -> String {
        do throws(APIKeyError) {
            let loaded = try LoadedAPIKey.load(
                for: configuration.virusTotal, environment: ProcessInfo.processInfo.environment)
            if let warning = loaded.warning { writeError("\(shared.path): warning: \(warning)") }
            return loaded.key == nil ? "none in \(loaded.source)" : "*** from \(loaded.source)"
        } catch {
            writeError("\(shared.path): virustotal.api_key_file: \(error)")
            throw ExitCode(78)
        }
    }
}
