import Foundation
import Synchronization

/// A program to run. Those of this package lie beside the tests themselves, in debug, release and sanitizer builds alike.
package struct Program: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// - Parameter name: `vtenrichd` or `standins`.
    package init(_ name: String) throws {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = tests.deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) {
                path = candidate
                return
            }
            folder.deleteLastPathComponent()
        }
        throw NotBuilt(description: "\(name) is not beside \(tests.path): run 'swift build' first")
    }

    /// A program of the machine.
    package init(at path: String) {
        self.path = path
    }

    package struct NotBuilt: Error, CustomStringConvertible {
        package let description: String
    }

    /// A finished run.
    package struct Output: Sendable {
        package var status: Int32
        package var standardOutput: String
        package var standardError: String

        /// Standard output as a JSON object.
        package var json: [String: Any]? {
            (try? JSONSerialization.jsonObject(with: Data(standardOutput.utf8))) as? [String: Any]
        }
    }

    /// Runs to the end; the output goes through files, so that no pipe can fill up.
    ///
    /// - Parameter environment: all of it but PATH, TZ=UTC and the options of sanitizers: no proxy and no key of the machine
    ///   gets in.
    package func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil, within seconds: Double = 180
    ) async throws -> Output {
        let folder = try TemporaryFolder()
        let running = try start(
            arguments, environment: environment, input: input.map { try folder.write("in", $0) },
            output: folder["out"], errors: folder["err"])
        let status = try await running.exitStatus(within: seconds)
        return Output(status: status, standardOutput: try folder.read("out"), standardError: try folder.read("err"))
    }

    /// Starts it in the background.
    package func start(
        _ arguments: [String], environment: [String: String] = [:], in folder: String = "/", input: String? = nil,
        output: String, errors: String
    ) throws -> RunningProgram {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC"].merging(Self.sanitizers) { $1 }
            .merging(environment) { $1 }
        let files = [
            try FileHandle(forReadingFrom: URL(fileURLWithPath: input ?? "/dev/null")), try appending(output),
            try appending(errors),
        ]
        // Process never lets go of its files: a few hundred tests would run out of them.
        defer { for file in files { try? file.close() } }
        process.standardInput = files[0]
        process.standardOutput = files[1]
        process.standardError = files[2]
        return try RunningProgram(process)
    }

    /// What `make sanitize` tells the tests, for the programs they start: those are built with the same sanitizer.
    private static let sanitizers = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }

    private func appending(_ path: String) throws -> FileHandle {
        appendToFile(path, [])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }
}

/// A process in the background; killed when the test lets go of it.
package final class RunningProgram: Sendable {
    package let processID: Int32
    private let exit = Exit()

    private final class Exit: Sendable {
        let status = Mutex<Int32?>(nil)
    }

    fileprivate init(_ process: Process) throws {
        process.terminationHandler = { [exit] process in
            let isSignal = process.terminationReason == .uncaughtSignal
            exit.status.withLock { $0 = isSignal ? -process.terminationStatus : process.terminationStatus }
        }
        try process.run()
        processID = process.processIdentifier
    }

    deinit {
        if status == nil { kill(processID, SIGKILL) }
    }

    /// The exit code, or minus the signal that ended it; nil while it runs.
    package var status: Int32? { exit.status.withLock { $0 } }

    package func send(_ signal: Int32) {
        if status == nil { kill(processID, signal) }
    }

    package func exitStatus(within seconds: Double = 180) async throws -> Int32 {
        try await eventually("process \(processID) ends", within: seconds) { status != nil }
        return status ?? 0
    }
}
