import Foundation
import Support
import Testing
import VTEnrich

/// A state directory on a small file system of its own, which others fill up and empty again (T09).
@Suite(.enabled(if: SmallDisk.isPossible, "needs unshare -rm"))
struct FullDiskTests {
    /// How much is left decides what fails first: a commit, the log's growth, or a checkpoint.
    @Test func `T09 on a full disk all waits, and goes on by itself when there is space`() async throws {
        let fault = try FaultSite()
        let disk = SmallDisk(fault.site.manager, kilobytes: 12_288)
        fault.append(50)
        let began = monotonicSeconds()
        let daemon = try disk.start()
        try await fault.drained()
        var hadToWait = false
        for left in [0, 8, 32, 100, 0] {
            try disk.fill(daemon, leaving: left)
            // More and more, until there is no room for it in what the log had already either.
            try await eventually("status says 'disk is full'", within: 120) {
                if fault.report.missing.isEmpty { fault.append(200) }
                return try await fault.site.status().problems.contains { $0.contains("disk is full") }
            }
            // Not each time: where the log has room of its own, it is the checkpoint that fails.
            hadToWait = hadToWait || !fault.report.missing.isEmpty
            try disk.empty(daemon)
            let emptied = monotonicSeconds()
            try await fault.drained()
            try await fault.healthy()
            #expect(monotonicSeconds() - emptied < 100, "the scenario allows 10 s, a busy machine ten times that")
        }
        #expect(hadToWait)
        #expect(daemon.status == nil)
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        // Once a minute at most, however often it comes and goes.
        let minutes = Int((monotonicSeconds() - began) / 60) + 1
        let complaints = fault.site.lines(of: "disk is full")
        #expect((1...minutes).contains(complaints), "\(complaints): \(fault.site.manager.log)")
        #expect(fault.site.lines(of: "can be written again") == complaints)
    }

    @Test func `T09 a start on a full disk says so, ends with 1 and changes nothing`() async throws {
        let fault = try FaultSite()
        let disk = SmallDisk(fault.site.manager, kilobytes: 64)
        let daemon = try disk.start()
        #expect(try await daemon.exitStatus() == 1)
        #expect(fault.site.lines(of: "the disk is full: free some space") == 1, "\(fault.site.manager.log)")
    }

    @Test func `T15 on a read-only file system it ends with 1, the path and the uid`() async throws {
        let fault = try FaultSite()
        let daemon = try SmallDisk(fault.site.manager, kilobytes: 1_024, options: "ro").start()
        #expect(try await daemon.exitStatus() == 1)
        let path = fault.site.manager.statePath
        #expect(
            fault.site.lines(of: "cannot use \(path): Read-only file system (uid 0;") == 1, "\(fault.site.manager.log)")
    }
}

/// A tmpfs in the place of the state directory, seen by the daemon alone.
struct SmallDisk {
    private let manager: TemporaryManager
    private let kilobytes: Int
    private let options: String

    static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    init(_ manager: TemporaryManager, kilobytes: Int, options: String = "rw") {
        self.manager = manager
        self.kilobytes = kilobytes
        self.options = options
    }

    func start() throws -> RunningProgram {
        let command = """
            mount -t tmpfs -o size=\(kilobytes)k,mode=0750,\(options) none '\(manager.statePath)' &&
            exec '\(try Program("vtenrichd").path)' run --config '\(manager.configurationPath)'
            """
        return try Program(at: "/usr/bin/unshare").start(
            ["-rm", "/bin/sh", "-c", command], output: manager.folder["vtenrichd.out"], errors: manager.logPath)
    }

    /// Writes a file until so many KiB are left.
    func fill(_ daemon: RunningProgram, leaving left: Int) throws {
        let path = filler(daemon)
        let handle = try file(path)
        let block = [UInt8](repeating: 0, count: 1_024)
        while write(handle, block, block.count) == block.count {}
        let size = lseek(handle, 0, SEEK_END)
        ftruncate(handle, max(0, size - off_t(left * 1_024)))
        close(handle)
    }

    func empty(_ daemon: RunningProgram) throws {
        guard unlink(filler(daemon)) == 0 else { throw CannotFill(path: filler(daemon), errno: errno) }
    }

    /// The daemon's view of its directory.
    private func filler(_ daemon: RunningProgram) -> String {
        "/proc/\(daemon.processID)/root\(manager.statePath)/filler"
    }

    private func file(_ path: String) throws -> Int32 {
        let handle = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard handle >= 0 else { throw CannotFill(path: path, errno: errno) }
        return handle
    }

    struct CannotFill: Error {
        var path: String
        var errno: Int32
    }
}
