import Foundation
import GRDB
import Support
import Testing
import VTEnrich

/// What happens to the state's files under the real daemon, with a ledger of what was written.
struct StateFaultTests {
    @Test func `T12 without the log that a kill left behind at most its tail repeats`() async throws {
        let fault = try FaultSite()
        fault.append(40)
        let first = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(first) == 0)
        let second = try await fault.site.start()
        fault.append(40)
        try await fault.drained()
        second.send(SIGKILL)
        _ = try await second.exitStatus()
        for companion in ["-wal", "-shm"] { unlink(fault.database + companion) }
        fault.append(10)
        let third = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(third) == 0)
        #expect(fault.report.duplicates.count <= 40 && fault.report.foreign.isEmpty, "\(fault.report)")
        #expect(try fault.integrity() == "ok")
    }

    @Test func `T13 a write lock of somebody else is waited for, told, and costs nothing`() async throws {
        let fault = try FaultSite()
        fault.append(10)
        let daemon = try await fault.site.start()
        try await fault.drained()
        let lock = try await fault.site.lockDatabase()
        fault.append(50)
        try await fault.problem("another process has the database locked")
        #expect(fault.report.missing.count == 50)
        try lock.release()
        try await fault.drained()
        try await fault.healthy()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        #expect(fault.site.lines(of: "has the database locked") <= 3)
    }

    @Test func `T14 a state deleted while it runs is restored within a minute, with all that was in it`() async throws {
        let fault = try FaultSite()
        // What waits shows that the state was carried over.
        fault.site.virusTotal.answerAll(with: .error(503, "TransientError", "not now"))
        fault.append(20)
        let daemon = try await fault.site.start()
        try await eventually("20 wait") { try await fault.site.status().queue.pending == 20 }
        for companion in ["", "-wal", "-shm"] { unlink(fault.database + companion) }
        try await eventually("it is restored", within: 60) {
            FileManager.default.fileExists(atPath: fault.database) && fault.site.lines(of: "it is restored") == 1
        }
        daemon.send(SIGKILL)
        _ = try await daemon.exitStatus()
        fault.site.virusTotal.answerAll(with: nil)
        let next = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(next) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        #expect(try fault.integrity() == "ok")
    }

    @Test func `T11 damage met while it runs is mended without a restart, and following goes on`() async throws {
        let fault = try FaultSite()
        fault.append(300)
        let daemon = try await fault.site.start()
        try await fault.drained()
        try await eventually("all is in the database itself", within: 60) {
            fault.append(1)
            try await fault.drained()
            return try Data(contentsOf: URL(fileURLWithPath: fault.database)).count > 60 * 4_096
        }
        try overwritePages(of: fault.database)
        try await eventually("it is mended", within: 120) {
            fault.append(5)
            try await Task.sleep(for: .milliseconds(200))
            return !fault.putAside.isEmpty && fault.site.lines(of: "and a new one is made") == 1
        }
        // The requests of the last minute are lost with the rest, so the minute starts empty: alerts wait for it.
        fault.append(50)
        try await eventually("new alerts are taken", within: 60) {
            try await fault.site.status().queue.pending >= 50
        }
        #expect(daemon.status == nil)
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(try fault.integrity() == "ok")
    }

    /// All but the first page.
    private func overwritePages(of path: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 4_096)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4_096))
        try handle.close()
    }

    // MARK: Reading without the right to write

    /// How the daemon left the state.
    enum Ending: String, CaseIterable {
        case running, stopped, killed
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"), arguments: Ending.allCases)
    func `somebody of the group reads the cache and changes nothing`(ending: Ending) async throws {
        let fault = try FaultSite()
        let manager = fault.site.manager
        chown(manager.statePath, 0, gid_t(Unprivileged.uid))
        chmod(manager.statePath, 0o2750)
        chmod(manager.configurationPath, 0o644)
        fault.append(7)
        let daemon = try await fault.site.start()
        try await fault.drained()
        switch ending {
        case .running: break
        case .stopped: #expect(try await fault.site.stop(daemon) == 0)
        case .killed:
            daemon.send(SIGKILL)
            _ = try await daemon.exitStatus()
        }
        let output = try await Unprivileged.run(
            "cache", "stats", "--json", "--config", manager.configurationPath, in: manager.folder)
        #expect(output.status == 0, "\(output)")
        #expect(output.json?["entries"] as? Int == 7, "\(output)")
    }

    @Test(.enabled(if: Unprivileged.isPossible, "needs root and setpriv"))
    func `who may not read the state is told so`() async throws {
        let fault = try FaultSite()
        let manager = fault.site.manager
        chmod(manager.statePath, 0o750)
        chmod(manager.configurationPath, 0o644)
        let daemon = try await fault.site.start()
        #expect(try await fault.site.stop(daemon) == 0)
        let status = try await Unprivileged.run(
            "status", "--json", "--config", manager.configurationPath, in: manager.folder)
        #expect(status.status == 77)
        #expect(status.json != nil)
        #expect(status.standardError.contains("state.db: Permission denied (uid 65534: run it as root or as the"))
    }
}
