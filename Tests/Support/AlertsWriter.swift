import Foundation
import Glibc

/// Writes `alerts.json` as analysisd does, on command and the same way every time (scenarios §3): into the dated file,
/// buffered, with `path` as another hard link to it. Every alert goes into the ledger.
///
/// Not Sendable: one thread writes. Faults of the file system end the test by a failed precondition.
package final class AlertsWriter {
    /// How `path` and the file that is written hang together.
    package enum Layout: Sendable {
        /// As analysisd does it: `path` is a hard link to the dated file.
        case dated
        /// A symbolic link to the dated file.
        case link
        /// `path` is the file itself.
        case plain
    }

    /// `logs/alerts` of the manager.
    package let folder: String
    package let layout: Layout
    package var path: String { folder + "/alerts.json" }
    package let ledger: Ledger
    /// Wall clock, seconds since 1970: the days of the names and the files' times of writing.
    package var now: Double

    /// The generation being written, counted from 0, and the file names of all.
    package private(set) var generation = 0
    package private(set) var datedPaths: [String] = []
    /// Bytes added to each alert, to make long lines.
    package var padding = 0
    /// How many source addresses take turns; nil: each alert has its own, and the ledger minds the order of them all.
    package var addresses: Int?
    /// Heads of alerts that a crash cut off: each is a malformed line.
    package private(set) var cutHeads = 0

    private var sequence = 0
    /// The day in the name of the current file, counted from 1970.
    private var fileDay = 0
    private var descriptor: Int32 = -1
    private var buffer: [UInt8] = []
    private var nextAlert = 1
    /// Alerts not yet complete in the file, with the number of bytes after which they are.
    private var unfinished: [(id: String, end: Int)] = []
    private var visible = 0

    /// Opens the first dated file and links `path` to it.
    /// - Parameter now: also makes the first dated name.
    package init(folder: String, now: Double, layout: Layout = .dated, ledger: Ledger = Ledger()) {
        self.folder = folder
        self.layout = layout
        self.now = now
        self.ledger = ledger
        openDated()
        relink()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    // MARK: Names

    static func day(_ seconds: Double) -> Int { Int((seconds / 86_400).rounded(.down)) }

    /// `2026/Nov/ossec-alerts-21-001.json` at `seconds`, in UTC.
    package static func datedName(_ seconds: Double, sequence: Int = 0) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let suffix = sequence == 0 ? "" : String(format: "-%03d", sequence)
        return String(format: "%04d/", Int(parts.tm_year) + 1900) + months[Int(parts.tm_mon)]
            + String(format: "/ossec-alerts-%02d", Int(parts.tm_mday)) + suffix + ".json"
    }

    package var datedPath: String { datedPaths[generation] }

    private func openDated() {
        let dated = layout == .plain ? path : folder + "/" + Self.datedName(now, sequence: sequence)
        mkdirs(String(dated[..<dated.lastIndex(of: "/")!]))
        descriptor = open(dated, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        precondition(descriptor >= 0, "cannot open \(dated)")
        datedPaths.append(dated)
        fileDay = Self.day(now)
    }

    private func relink() {
        guard layout != .plain else { return }
        unlink(path)
        let result = layout == .link ? symlink(datedPath, path) : link(datedPath, path)
        precondition(result == 0, "cannot link \(path) to \(datedPath)")
    }

    private func mkdirs(_ folder: String) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    // MARK: Writing

    /// One alert with its newline; `id` as analysisd makes it, the address public and its own.
    package static func line(id: String, number: Int, padding: Int = 0) -> String {
        let address = "\(20 + number / 16_777_216 % 80).\(number / 65_536 % 256).\(number / 256 % 256).\(number % 256)"
        let pad = padding == 0 ? "" : String(repeating: "x", count: padding)
        return """
            {"timestamp":"2026-11-21T12:41:18.157+0000","rule":{"level":5,"description":"sshd: attempt","id":"5710",\
            "groups":["sshd"]},"manager":{"name":"manager"},"id":"\(id)","full_log":"from \(address)\(pad)",\
            "data":{"srcip":"\(address)"},"location":"/var/log/auth.log"}\n
            """
    }

    /// The next alert with its newline, entered into the ledger.
    private func nextLine(generation: Int) -> (id: String, bytes: [UInt8]) {
        let id = "1789114831.\(nextAlert)"
        let lane = addresses.map { nextAlert % $0 }
        let line = Self.line(id: id, number: lane ?? nextAlert, padding: padding)
        nextAlert += 1
        ledger.add(id, generation: generation, lane: lane ?? 0)
        return (id, Array(line.utf8))
    }

    private func bufferNext() {
        let (id, bytes) = nextLine(generation: generation)
        buffer += bytes
        unfinished.append((id, visible + buffer.count))
    }

    /// Puts alerts into the buffer; whole blocks of 4096 bytes become visible, the rest waits for `flush`.
    package func append(_ count: Int) {
        for _ in 0..<count {
            bufferNext()
            showBlocks()
        }
    }

    /// Puts a line that is no alert of the ledger among them.
    package func append(unlisted line: [UInt8]) {
        buffer += line
        showBlocks()
    }

    private func showBlocks() {
        if buffer.count >= 4096 { show(buffer.count / 4096 * 4096) }
    }

    /// Alerts that become visible at once, in pieces of the given sizes, repeated in turn. `between` runs after each piece.
    package func append(_ count: Int, pieces: [Int], between: () -> Void = {}) {
        flush()
        for _ in 0..<count { bufferNext() }
        var turn = 0
        while !buffer.isEmpty {
            show(min(buffer.count, max(1, pieces[turn % pieces.count])))
            turn += 1
            between()
        }
    }

    /// Bytes that are no alert of the ledger, visible at once.
    package func appendRaw(_ bytes: [UInt8]) {
        flush()
        buffer = bytes
        flush()
    }

    package func appendRaw(_ text: String) { appendRaw(Array(text.utf8)) }

    /// What analysisd does once a second.
    package func flush() { show(buffer.count) }

    private func show(_ count: Int) {
        guard count > 0 else { return }
        precondition(Glibc.write(descriptor, buffer, count) == count, "cannot write to \(datedPath)")
        buffer.removeFirst(count)
        visible += count
        while let first = unfinished.first, first.end <= visible {
            ledger.completed(first.id)
            unfinished.removeFirst()
        }
        stamp(descriptor)
    }

    private func stamp(_ descriptor: Int32) {
        let time = timespec(tv_sec: Int(now), tv_nsec: Int((now - now.rounded(.down)) * 1e9))
        futimens(descriptor, [time, time])
    }

    /// Alerts into a generation that was switched away from, visible at once (F21).
    package func appendLate(_ count: Int, generation: Int) {
        let late = open(datedPaths[generation], O_WRONLY | O_APPEND | O_CLOEXEC)
        precondition(late >= 0, "cannot open \(datedPaths[generation])")
        defer { close(late) }
        for _ in 0..<count {
            let (id, line) = nextLine(generation: generation)
            precondition(Glibc.write(late, line, line.count) == line.count)
            ledger.completed(id)
        }
        stamp(late)
    }

    /// Alerts that are visible at once.
    package func write(_ count: Int) {
        append(count)
        flush()
    }

    // MARK: What happens to the writer

    /// The local day has changed: the last buffer becomes visible, then `path` leads to the new day's file.
    package func rotateDay() {
        if Self.day(now) == fileDay { now = Double(fileDay + 1) * 86_400 + 1 }
        sequence = 0
        rotate()
    }

    /// Rotation by size or interval: `-001`, `-002`, ….
    package func rotateSize() {
        sequence += 1
        rotate()
    }

    private func rotate() {
        closeFile()
        generation += 1
        openDated()
        relink()
    }

    /// Closes the file; an empty one loses its dated name.
    private func closeFile() {
        flush()
        let size = lseek(descriptor, 0, SEEK_END)
        close(descriptor)
        descriptor = -1
        visible = 0
        unfinished = []
        if size == 0 { unlink(datedPath) }
    }

    /// The clock or the time zone went back: the file of the day before is written on.
    package func goBackADay() {
        now -= 86_400
        sequence = 0
        rotate()
    }

    /// Another file under the name of the current one, which somebody removed.
    package func openAnew() {
        close(descriptor)
        visible = 0
        unfinished = []
        generation += 1
        openDated()
    }

    /// analysisd stops and starts: the same file again under a new link.
    package func restartSameDay() {
        flush()
        close(descriptor)
        descriptor = open(datedPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        relink()
    }

    /// analysisd is killed while it writes: half of an alert stays, the rest of the buffer is gone, and the next start
    /// appends directly behind it.
    package func crashHalfLine() {
        let line = Array(Self.line(id: "1789114831.\(nextAlert)", number: nextAlert).utf8)
        nextAlert += 1
        cutHeads += 1
        let cut = buffer.count + line.count / 2
        buffer += line
        ledger.forgive(unfinished.filter { $0.end > visible + cut }.map(\.id))
        show(cut)
        buffer = []
        unfinished = []
        restartSameDay()
    }

    // MARK: What others do to the files

    /// monitord: writes the `.gz` of a finished generation in place, then removes the plain file.
    /// - Parameter between: runs while the `.gz` is there in part and the plain file in full.
    package func compress(generation: Int, between: () -> Void = {}) {
        let plain = datedPaths[generation]
        guard let data = FileManager.default.contents(atPath: plain) else { return }
        let bytes = gzip([UInt8](data))
        let gzip = open(plain + ".gz", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        precondition(gzip >= 0, "cannot open \(plain).gz")
        let half = bytes.count / 2
        _ = bytes.withUnsafeBytes { Glibc.write(gzip, $0.baseAddress, half) }
        between()
        _ = bytes.withUnsafeBytes { Glibc.write(gzip, $0.baseAddress! + half, bytes.count - half) }
        stamp(gzip)
        close(gzip)
        unlink(plain)
    }

    /// Empties the file in place.
    package func truncate(to size: Int = 0) {
        flush()
        ftruncate(descriptor, off_t(size))
        stamp(descriptor)
    }

    /// logrotate's copytruncate.
    package func copyTruncate() {
        flush()
        try? FileManager.default.removeItem(atPath: path + ".1")
        try? FileManager.default.copyItem(atPath: path, toPath: path + ".1")
        truncate()
    }

    /// Another file with the same content takes the place of the current one, under both names.
    package func replaceAtomically() {
        flush()
        let copy = datedPath + ".tmp"
        try? FileManager.default.removeItem(atPath: copy)
        precondition((try? FileManager.default.copyItem(atPath: datedPath, toPath: copy)) != nil)
        precondition(Glibc.rename(copy, datedPath) == 0)
        close(descriptor)
        descriptor = open(datedPath, O_WRONLY | O_APPEND | O_CLOEXEC)
        precondition(link(datedPath, path + ".tmp") == 0 && Glibc.rename(path + ".tmp", path) == 0)
        stamp(descriptor)
    }

    /// Classic rotation by name: `path` becomes `path.1` (and that `.2`), a new file is made in its place.
    package func rotateByName(keeping number: Int) {
        flush()
        for older in stride(from: number, to: 1, by: -1) { Glibc.rename("\(path).\(older - 1)", "\(path).\(older)") }
        Glibc.rename(path, path + ".1")
        openAnew()
    }

    package func deletePath() { unlink(path) }

    package func restorePath() { relink() }
}
