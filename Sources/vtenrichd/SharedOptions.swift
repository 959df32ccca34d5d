import ArgumentParser
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

/// One message on standard error; standard output is for results.
func writeError(_ message: String) {
    let line = Array((message + "\n").utf8)
    var written = 0
    while written < line.count {
        let count = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress! + written, $0.count - written) }
        if count < 0 && errno != EINTR { return }
        written += max(0, count)
    }
}
