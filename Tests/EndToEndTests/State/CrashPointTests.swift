import Foundation
import Support
import Testing
import VTEnrich

#if DEBUG
    private let arePointsKnown = true
#else
    private let arePointsKnown = false
#endif

/// SIGKILL at each named step: nothing is missing afterwards, and at most the send in flight comes twice (T02). The steps
/// are known to debug builds only.
@Suite(.enabled(if: arePointsKnown, "a release build has no crash points"))
struct CrashPointTests {
    /// Starts the daemon to die at a point, and writes until it has.
    private func crash(_ fault: FaultSite, at point: String) async throws {
        let daemon = try fault.site.manager.start(environment: ["VTENRICHD_CRASH_AT": point])
        try await eventually("it dies at \(point): \(fault.site.manager.log)", within: 60) {
            fault.append(1)
            try await Task.sleep(for: .milliseconds(100))
            return daemon.status != nil
        }
        #expect(daemon.status == -SIGKILL)
    }

    @Test(arguments: [
        ("after-read:1", 0), ("after-read:3", 0), ("before-commit:1", 0), ("before-commit:3", 0), ("after-commit:1", 0),
        ("after-commit:3", 0), ("before-send:1", 0), ("before-send:7", 0), ("after-send:1", 1), ("after-send:7", 1),
    ])
    func `T02 nothing is missing after a kill`(point: String, duplicates: Int) async throws {
        let fault = try FaultSite()
        fault.append(10)
        let first = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(first) == 0)
        fault.append(10)
        fault.writer.rotateSize()
        fault.append(10)
        try await crash(fault, at: point)
        fault.append(10)
        let daemon = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.duplicates.count == duplicates && fault.report.foreign.isEmpty, "\(fault.report)")
        #expect(try fault.integrity() == "ok")
        #expect(fault.putAside.isEmpty)
    }

    @Test(arguments: ["after-read:1", "before-commit:1", "after-commit:1", "before-send:1", "after-send:1"])
    func `T02 a kill in the very first run`(point: String) async throws {
        let fault = try FaultSite()
        fault.append(10)
        try await crash(fault, at: point)
        fault.append(10)
        let daemon = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.duplicates.count == (point == "after-send:1" ? 1 : 0), "\(fault.report)")
        #expect(try fault.integrity() == "ok")
    }

    @Test func `T02 T16 a kill while the state is made leaves nothing half made`() async throws {
        let fault = try FaultSite()
        try await crash(fault, at: "during-migration")
        let daemon = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        #expect(fault.putAside.isEmpty)
    }

    @Test(arguments: ["during-salvage:1", "during-salvage:9", "between-files:1", "between-files:2"])
    func `T02 T11 a kill while a damaged state is rebuilt loses nothing of it`(point: String) async throws {
        let fault = try FaultSite()
        // Nothing is answered: all alerts wait in the state.
        fault.site.virusTotal.answerAll(with: .error(503, "TransientError", "not now"))
        fault.append(20)
        let first = try await fault.site.start()
        try await eventually("20 wait") { try await fault.site.status().queue.pending == 20 }
        #expect(try await fault.site.stop(first) == 0)
        try overwriteHeader(of: fault.database)
        try await crash(fault, at: point)
        fault.site.virusTotal.answerAll(with: nil)
        let daemon = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        #expect(try fault.integrity() == "ok")
        #expect(!fault.putAside.isEmpty)
    }

    @Test(.enabled(if: Strace.isPossible, "needs strace and the right to trace"), arguments: [1, 2, 5])
    func `T02 a kill during a checkpoint leaves a state that is whole`(write: Int) async throws {
        let fault = try FaultSite()
        fault.append(300)
        let daemon = try await Strace.start(
            fault.site.manager, "-P", fault.database, "-e", "trace=pwrite64", "-e",
            "inject=pwrite64:signal=SIGKILL:when=\(write)")
        #expect(try await daemon.exitStatus(within: 120) == -SIGKILL)
        let next = try await fault.site.start()
        try await fault.drained()
        #expect(try await fault.site.stop(next) == 0)
        #expect(fault.report.duplicates.count <= 1 && fault.report.foreign.isEmpty, "\(fault.report)")
        #expect(try fault.integrity() == "ok")
        #expect(fault.putAside.isEmpty)
    }

    private func overwriteHeader(of path: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: Data((0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }))
        try handle.close()
    }
}
