import ArgumentParser
import VTEnrich

/// `vtenrichd reload`: the running daemon takes its configuration and key anew.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Make the running daemon read its configuration and key again, and wait for its answer.",
        discussion: """
            A bad configuration is refused whole and the old one stays. Exits with 0 when it was applied, 78 when it \
            was refused, 3 when no daemon runs, 77 when you may not ask.
            """)

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let path = shared.settingsOfRunningDaemon().controlSocket
        switch ControlClient.send(.reload, to: path, patience: 30) {
        case .answer(.done(let text)): print(text)
        case .answer(.refused(let reason)):
            writeError("refused, the old configuration stays:\n\(reason)")
            throw ExitCode(78)
        case .answer: throw ExitCode(1)
        case .notRunning:
            writeError("no daemon listens at \(path)")
            throw ExitCode(3)
        case .hanging:
            writeError("the daemon at \(path) did not answer within 30 s; see its log")
            throw ExitCode(1)
        case .notAllowed:
            writeError("\(path): permission denied (run it as root)")
            throw ExitCode(77)
        }
    }
}
