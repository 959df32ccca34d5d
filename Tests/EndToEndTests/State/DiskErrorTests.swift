import Foundation
import Support
import Testing
import VTEnrich

/// The Nth write or sync of the daemon fails, once or from then on (T10). The whole row of N is a matter of hours on a slow
/// machine: `VT_DISK_STEP=1` asks for it, `make test` takes every few.
@Suite(.enabled(if: Strace.isPossible, "needs strace and the right to trace"), .serialized)
struct DiskErrorTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var error: String
        var calls: String
        /// Whether every later call fails too.
        var stays: Bool

        var testDescription: String { "\(error) at \(calls)\(stays ? ", for good" : "")" }

        static let all = [
            Fault(error: "EIO", calls: "pwrite64", stays: false),
            Fault(error: "ENOSPC", calls: "pwrite64", stays: true),
            Fault(error: "EIO", calls: "fsync,fdatasync", stays: false),
            Fault(error: "EIO", calls: "fsync,fdatasync,ftruncate", stays: true),
        ]
    }

    @Test(arguments: Fault.all)
    func `T10 whichever write fails, nothing is missing once the disk works again`(fault: Fault) async throws {
        let step = ProcessInfo.processInfo.environment["VT_DISK_STEP"].flatMap(Int.init)
        var number = 1
        while try await run(fault, at: number) {
            number += step ?? max(1, number * 2 / 3)
        }
        print("T10 \(fault.testDescription): the last one tried was call \(number) of a thread")
    }

    /// A small run with the fault, then one without. False when nothing was injected.
    private func run(_ fault: Fault, at number: Int) async throws -> Bool {
        let site = try FaultSite()
        site.append(10)
        let daemon = try await Strace.start(
            site.site.manager, "-e", "trace=\(fault.calls)", "-e",
            "inject=\(fault.calls):error=\(fault.error):when=\(number)\(fault.stays ? "+" : "")")
        try await settle(site, daemon)
        site.append(10)
        try await settle(site, daemon)
        let place = "\(fault.testDescription), call \(number)"
        if let status = daemon.status {
            #expect(status == 1, "\(place): \(site.site.manager.log)")
            #expect(!site.site.manager.log.isEmpty, "\(place): it ended without a word")
        }
        // A stop writes the log into the database, which is when it is synced; a kill leaves it as it is.
        daemon.send(fault.calls.hasPrefix("fsync") ? SIGTERM : SIGKILL)
        _ = try await daemon.exitStatus()
        let isInjected = Strace.injections(site.site.manager) > 0
        let next = try await site.site.start()
        try await site.drained()
        #expect(try await site.site.stop(next) == 0)
        // One send was in flight at the kill, and one may have been noted by a write that failed.
        #expect(site.report.duplicates.count <= 2 && site.report.foreign.isEmpty, "\(place): \(site.report)")
        #expect(try site.integrity() == "ok", "\(place)")
        #expect(site.putAside.isEmpty, "\(place)")
        return isInjected
    }

    /// Until all has come out, the daemon has ended, or it says that it cannot go on.
    private func settle(_ site: FaultSite, _ daemon: RunningProgram) async throws {
        let deadline = monotonicSeconds() + 20
        while monotonicSeconds() < deadline, daemon.status == nil, !site.report.missing.isEmpty {
            if site.site.lines(of: "the disk") > 0, monotonicSeconds() > deadline - 17 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
