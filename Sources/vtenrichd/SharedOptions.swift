import ArgumentParser
import Foundation
import Glibc
import VTEnrich

/// `--config`, which every command takes.
struct SharedOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "Read this configuration file. (default: \(ConfigurationReader.defaultPath))", valueName: "file"))
    var givenPath: String?

    var path: String { givenPath ?? ConfigurationReader.defaultPath }

    /// For commands that work on the daemon's files: a configuration that is missing or wrong ends them with 78.
    func configuration() throws -> LoadedConfiguration {
        do throws(ConfigurationErrors) {
            return try ConfigurationReader.load(path: path)
        } catch {
            writeError(error.description)
            throw ExitCode(78)
        }
    }

    /// For commands that need neither daemon nor state: the defaults where the default file does not exist.
    func configurationOrDefaults() throws -> LoadedConfiguration {
        if givenPath == nil, access(path, F_OK) != 0, errno == ENOENT {
            return LoadedConfiguration(Configuration())
        }
        return try configuration()
    }
}

extension SharedOptions {
    /// For commands that speak with a running daemon, which may well run on an older, good configuration: of a file that is
    /// broken, only what says where the daemon is.
    func settingsOfRunningDaemon() -> Configuration {
        if let loaded = try? ConfigurationReader.load(path: path) { return loaded.configuration }
        var settings = Configuration()
        settings.controlSocket = topLevelText("control_socket") ?? settings.controlSocket
        settings.stateDirectory = topLevelText("state_dir") ?? settings.stateDirectory
        return settings
    }

    private func topLevelText(_ key: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
        let value = line?.dropFirst(key.count + 1).prefix { $0 != "#" }.filter { !" \t'\"".contains($0) }
        return value.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}

/// One message on standard error, safe for a terminal whatever it quotes; standard output is for results.
func writeError(_ message: String) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) + "\n" }
    let line = Array(lines.joined().utf8)
    var written = 0
    while written < line.count {
        let count = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress! + written, $0.count - written) }
        if count < 0 && errno != EINTR { return }
        written += max(0, count)
    }
}
