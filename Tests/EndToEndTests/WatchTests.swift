import Foundation
import Glibc
import Support
import Synchronization
import Testing

/// `status --watch` on a terminal of its own.
struct WatchTests {
    /// What ends a watch.
    enum End: CaseIterable, Sendable {
        case q, controlC, terminate, interrupt
    }

    @Test(arguments: End.allCases)
    func `a watch shows a screen and leaves the terminal as it found it`(end: End) async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        let daemon = try await site.start()
        try await site.received(3)
        let terminal = try PseudoTerminal(columns: 80, rows: 24)
        let before = terminal.settings
        let watch = try terminal.run(
            try Program("vtenrichd").path, ["status", "--watch", "--config", site.manager.configurationPath])
        try await eventually("two reports with rates: \(terminal.output)") {
            terminal.output.contains("lines/s") && terminal.output.contains("q ends")
        }
        #expect(terminal.output.hasPrefix("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H"))
        #expect(terminal.settings != before)
        switch end {
        case .q: terminal.type("q")
        case .controlC: terminal.type("\u{3}")
        case .terminate: kill(watch.processIdentifier, SIGTERM)
        case .interrupt: kill(watch.processIdentifier, SIGINT)
        }
        try await eventually("the watch ends") { !watch.isRunning }
        #expect(watch.terminationReason == .exit && watch.terminationStatus == 0)
        try await eventually("the screen is given back") { terminal.output.hasSuffix("\u{1B}[?25h\u{1B}[?1049l") }
        #expect(terminal.settings == before)

        let screen = terminal.output.replacing(#/\u{1B}\[[0-9;?]*[a-zA-Z]/#, with: "")
        for line in screen.split(whereSeparator: \.isNewline) where !line.contains("q ends") {
            #expect(line.count <= 80, "\(line)")
        }
        #expect(try await site.stop(daemon) == 0)
    }

    @Test func `without a terminal the reports follow each other, without escapes`() async throws {
        let site = try Installation()
        let folder = site.manager.folder
        let watch = try Program("vtenrichd").start(
            ["status", "--watch", "--config", site.manager.configurationPath], output: folder["out"],
            errors: folder["err"])
        try await eventually("two reports") { try folder.read("out").split(separator: "STOPPED ").count > 2 }
        watch.send(SIGTERM)
        #expect(try await watch.exitStatus() == 0)
        #expect(try !folder.read("out").contains("\u{1B}") && folder.read("err") == "")
    }
}

/// A terminal whose other end is the test's.
private final class PseudoTerminal: Sendable {
    private let ours: Int32
    private let theirs: Int32
    private let shown = Mutex<[UInt8]>([])

    init(columns: UInt16, rows: UInt16) throws {
        // What posix_openpt(3) and its kin do; Glibc's module does not show them.
        let (unlock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
        var (off, index): (Int32, Int32) = (0, -1)
        ours = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard ours >= 0, ioctl(ours, unlock, &off) == 0, ioctl(ours, number, &index) == 0 else {
            throw SystemError("open /dev/ptmx")
        }
        theirs = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard theirs >= 0, ioctl(ours, UInt(TIOCSWINSZ), &size) == 0 else { throw SystemError("open a terminal") }
        Thread.detachNewThread { [weak self, ours] in
            var chunk = [UInt8](repeating: 0, count: 4_096)
            while case let count = read(ours, &chunk, chunk.count), count > 0 {
                self?.shown.withLock { $0 += chunk.prefix(count) }
            }
        }
    }

    deinit {
        close(theirs)
    }

    var output: String { shown.withLock { String(decoding: $0, as: UTF8.self) } }

    /// Echo, line mode and signals, as `stty -a` would show them.
    var settings: [UInt32] {
        var settings = termios()
        tcgetattr(theirs, &settings)
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
    }

    func type(_ text: String) {
        _ = text.withCString { write(ours, $0, strlen($0)) }
    }

    func run(_ path: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC", "TERM": "xterm", "LANG": "C.UTF-8"]
        let terminal = FileHandle(fileDescriptor: theirs, closeOnDealloc: false)
        process.standardInput = terminal
        process.standardOutput = terminal
        process.standardError = terminal
        try process.run()
        return process
    }
}
