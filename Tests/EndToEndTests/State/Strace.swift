import Foundation
import Support

/// The daemon under strace, which makes system calls fail or kills at them.
enum Strace {
    static let path = "/usr/bin/strace"

    /// Whether it is there and may trace.
    static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-qq", "-o", "/dev/null", "-e", "trace=none", "/bin/true"]
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Starts `vtenrichd run` as the process that is returned, with the tracer beside it. What was injected stands in
    /// `strace.log`.
    static func start(_ manager: TemporaryManager, _ options: String...) async throws -> RunningProgram {
        try Program(at: path).start(
            ["-D", "-f", "-qq", "-o", manager.folder["strace.log"]] + options + [
                try Program("vtenrichd").path, "run", "--config", manager.configurationPath,
            ], output: manager.folder["vtenrichd.out"], errors: manager.logPath)
    }

    static func injections(_ manager: TemporaryManager) -> Int {
        let log = (try? manager.folder.read("strace.log")) ?? ""
        return log.split(separator: "\n").count { $0.contains("(INJECTED)") }
    }
}
