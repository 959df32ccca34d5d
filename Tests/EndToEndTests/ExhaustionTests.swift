import Foundation
import Support
import Testing
import VTEnrich

/// The daemon stands still, or its machine has no more to give: what was written meanwhile comes out afterwards.
struct ExhaustionTests {
    @Test func `T04 what is written and rotated while it stands still is taken when it goes on`() async throws {
        let fault = try FaultSite()
        fault.append(20)
        let daemon = try await fault.site.start()
        try await fault.drained()
        daemon.send(SIGSTOP)
        fault.append(20)
        fault.writer.rotateSize()
        fault.append(20)
        fault.writer.rotateDay()
        fault.append(20)
        daemon.send(SIGCONT)
        try await fault.drained()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
    }

    @Test func `T06 without file descriptors nothing is lost, and all goes on when there are some`() async throws {
        let fault = try FaultSite()
        fault.append(5)
        let daemon = try await fault.site.start()
        try await fault.drained()
        // Not one more than it has: neither a rotated file nor a connection can be opened.
        try await limit(daemon, to: 3)
        fault.writer.rotateSize()
        fault.append(20)
        try await eventually("it complains") { fault.site.lines(of: "Too many open files") > 0 }
        #expect(daemon.status == nil)
        try await limit(daemon, to: 1_024)
        try await fault.drained()
        try await fault.healthy()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        #expect(fault.site.lines(of: "Too many open files") < 10, "\(fault.site.manager.log)")
    }

    private func limit(_ daemon: RunningProgram, to count: Int) async throws {
        let output = try await Program(at: "/usr/bin/prlimit").run([
            "--pid", "\(daemon.processID)", "--nofile=\(count):4096",
        ])
        try #require(output.status == 0, "\(output.standardError)")
    }

    /// `make soak` has it with 100,000 alerts.
    @Test func `T20 in a flood the file is the queue, and all of it comes out when the quota allows`() async throws {
        let (count, limit) = (3_000, 500)
        let fault = try FaultSite([
            "queue.max_pending": "\(limit)", "virustotal.quota": "{per_minute: 4, per_day: 500}",
        ])
        fault.writer.addresses = count / 2
        fault.append(count)
        let daemon = try await fault.site.start()
        try await fault.problem("reading pauses, nothing is lost")
        let status = try await fault.site.status()
        #expect(status.follower.paused == true)
        // The batch that reaches the limit is taken whole.
        #expect(status.queue.pending < limit + 1_000, "\(status.queue)")
        #expect(status.queue.clearsAt != nil)
        #expect(fault.site.virusTotal.requests.count <= 4)

        try fault.site.configure([
            "output.analysisd.confirm": "off", "queue.max_pending": "\(limit)",
        ])
        #expect(try await fault.site.manager.run("reload").status == 0)
        try await fault.drained(within: 180)
        try await fault.healthy()
        #expect(try await fault.site.stop(daemon) == 0)
        #expect(fault.report.isClean, "\(fault.report)")
        #expect(fault.site.virusTotal.requests.count <= count / 2)
    }
}
