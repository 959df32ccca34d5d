import Foundation
import Glibc
import VTEnrich

/// `status --watch`: the report anew every two seconds, with rates, until q, Ctrl-C or a signal. On a terminal it has a screen
/// of its own and leaves the terminal as it found it; elsewhere the reports follow each other.
struct StatusWatch {
    private static let interval = 2.0
    /// Seconds that the rates are taken over.
    private static let window = 30.0

    let report: () throws -> StatusReport

    func run() throws {
        let end = EndOfWatch()
        let screen = Terminal.standardOutput.isTerminal ? Screen() : nil
        defer { screen?.leave() }
        var history: [(at: Double, report: StatusReport)] = []
        while true {
            let report = try report()
            let now = Clock.system.boot()
            history.removeAll { now - $0.at > Self.window }
            let rates = history.first.flatMap { StatusRates(from: $0.report, to: report, seconds: now - $0.at) }
            history.append((now, report))
            let terminal = Terminal.standardOutput
            let text = StatusText(report: report, terminal: terminal, now: Clock.system.wall(), rates: rates)
            if let screen {
                screen.show(text.lines, terminal)
            } else {
                print(text.lines.joined(separator: "\n") + "\n")
                fflush(nil)
            }
            if end.wait(seconds: Self.interval, keys: screen != nil) { return }
        }
    }
}

/// The terminal while it is watched: another screen, no cursor, keys as they are pressed.
private final class Screen {
    private var before = termios()
    private let hasKeys: Bool

    init() {
        hasKeys = tcgetattr(STDIN_FILENO, &before) == 0
        if hasKeys {
            var raw = before
            // Ctrl-C and Ctrl-Z come as keys: nothing ends or stops the process with the terminal changed.
            raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
            tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        }
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    func leave() {
        write("\u{1B}[?25h\u{1B}[?1049l")
        if hasKeys { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    }

    /// Over what is there, so that nothing flickers; what does not fit is cut.
    func show(_ lines: [String], _ terminal: Terminal) {
        let hint = terminal.paint("every 2 s; q ends", .faint)
        let room = max(2, terminal.height ?? 24)
        let shown = lines.prefix(room - 1) + [hint]
        write("\u{1B}[H" + shown.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    private func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

/// A key or a signal that ends the watch.
private final class EndOfWatch {
    private let pipe = Pipe()
    private var signals: Signals?

    init() {
        Signals.ignoreDefaults()
        let end = pipe.fileHandleForWriting
        signals = Signals { _ in try? end.write(contentsOf: Data([1])) }
    }

    /// Waits so long; true when it is over.
    func wait(seconds: Double, keys: Bool) -> Bool {
        let deadline = Clock.system.boot() + seconds
        var waited = [pollfd(fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)]
        if keys { waited.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
        while true {
            let left = deadline - Clock.system.boot()
            guard left > 0 else { return false }
            guard poll(&waited, nfds_t(waited.count), Int32(left * 1_000) + 1) > 0 else { continue }
            if waited[0].revents != 0 { return true }
            var key: UInt8 = 0
            guard read(STDIN_FILENO, &key, 1) == 1 else { return true }
            // q, Ctrl-C, Ctrl-D, Ctrl-\.
            if [UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4, 28].contains(key) { return true }
        }
    }
}
