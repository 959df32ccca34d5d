import Foundation
import Support
import Testing
import VTEnrich

/// SIGTERM and SIGINT end the daemon with 0 whatever it is doing, and nothing is lost or sent twice over it (T03).
struct StopTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `T03 it ends when idle`(signal: Int32) async throws {
        let site = try Installation(alerts: Alerts.text(1...3))
        let daemon = try await site.start()
        try await site.received(3)
        daemon.send(signal)
        #expect(try await daemon.exitStatus() == 0)
        #expect(site.lines(of: "stopped;") == 1)
        #expect(!FileManager.default.fileExists(atPath: site.manager.controlPath))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `T03 it ends during a lookup that hangs, and asks again after the start`(signal: Int32) async throws {
        let site = try Installation(alerts: Alerts.text(1...3), ["virustotal.timeout": "60s"])
        site.virusTotal.answerAll(with: Reply(200).with(.silence))
        let daemon = try await site.start()
        try await eventually("lookups hang") { site.virusTotal.requests.count == 3 }
        daemon.send(signal)
        #expect(try await daemon.exitStatus() == 0)
        #expect(site.lines(of: "stopped;") == 1)
        site.virusTotal.answerAll(with: nil)
        let next = try await site.start()
        try await site.received(3)
        #expect(try await site.stop(next) == 0)
        #expect(site.receivedIDs.sorted() == Alerts.ids(1...3).sorted())
    }

    @Test func `T03 T42 it ends while analysisd does not read, and sends the rest after the start`() async throws {
        let site = try Installation(alerts: Alerts.text(1...1_000, srcip: "45.9.148.1"))
        site.analysisd.pause()
        let daemon = try await site.start()
        try await eventually("the socket is full and the rest waits") {
            let status = try await site.status()
            return status.queue.pending == 0 && status.output["analysisd"]?.waiting ?? 0 > 100
        }
        #expect(try await site.stop(daemon) == 0)
        #expect(site.lines(of: "stopped;") == 1)
        site.analysisd.resume()
        let next = try await site.start()
        try await site.received(1_000)
        #expect(try await site.stop(next) == 0)
        #expect(site.receivedIDs == (1...1_000).map(Alerts.id))
    }

    @Test func `T03 under load each alert comes out once over many stops`() async throws {
        let count = 400
        let site = try Installation(alerts: Alerts.text(1...count))
        for part in 1...4 {
            let daemon = try await site.start()
            try await site.received(count * part / 5)
            #expect(try await site.stop(daemon) == 0)
        }
        let daemon = try await site.start()
        try await site.received(count)
        #expect(try await site.stop(daemon) == 0)
        #expect(site.receivedIDs.sorted() == Alerts.ids(1...count).sorted())
    }

    @Test func `T03 a second SIGTERM ends it at once`() async throws {
        let site = try Installation()
        let daemon = try await site.start()
        site.manager.append(Alerts.line(1))
        try await site.received(1)
        // A commit that waits for the lock keeps the follower, and with it the stop.
        let lock = try await site.lockDatabase()
        site.manager.append(Alerts.line(2))
        try await Task.sleep(for: .milliseconds(300))
        daemon.send(SIGTERM)
        try await eventually("it is stopping") { site.lines(of: "notice stopping") == 1 }
        daemon.send(SIGTERM)
        #expect(try await daemon.exitStatus() == 0)
        #expect(site.lines(of: "stopped;") == 0)
        try lock.release()
        let next = try await site.start()
        try await site.received(2)
        #expect(try await site.stop(next) == 0)
        #expect(site.receivedIDs == [Alerts.id(1), Alerts.id(2)])
    }

    /// Dispatch hears of a signal a moment after it is asked to; many at once make that moment long.
    @Test func `T03 a stop in the very moment it follows is heard`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let site = try Installation()
                    let daemon = try await site.start()
                    #expect(try await site.stop(daemon) == 0)
                }
            }
            try await group.waitForAll()
        }
    }
}
