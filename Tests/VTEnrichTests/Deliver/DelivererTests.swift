import Foundation
import Logging
import Support
import Testing
import VTEnrich

/// The deliverer against a real datagram socket.
@Suite struct `Delivery to analysisd` {
    private let folder: TemporaryFolder
    private let path: String
    private let store: Store

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/queue"
        store = try Store.inMemory()
    }

    private func start(perSecond: Int = 0, confirmation: Deliverer.Confirmation? = nil) -> Deliverer {
        let deliverer = Deliverer(
            sink: "analysisd", store: store,
            target: .analysisd(socket: path, maxPerSecond: perSecond, confirmation: confirmation), clock: .system,
            log: .quiet)
        Task { await deliverer.run() }
        return deliverer
    }

    private func queue(_ numbers: ClosedRange<Int>) throws {
        try store.add(
            toOutbox: numbers.map {
                OutboxItem(
                    sink: "analysisd", kind: "malicious", eventID: "event-\($0)",
                    body: Data("1:virustotal_ip:{\"number\":\($0)}".utf8))
            })
    }

    private func numbers(_ analysisd: AnalysisdStandIn) -> [Int] {
        analysisd.datagrams.compactMap { String(decoding: $0, as: UTF8.self).split(separator: ":").last }
            .compactMap { Int($0.dropLast()) }
    }

    @Test func `T40 events wait while there is no socket and go when it appears, in order`() async throws {
        try queue(1...50)
        let deliverer = start()
        try await eventually("the missing socket is noticed") { deliverer.sinkStatus.failing }
        #expect(deliverer.sinkStatus.lastError?.contains("is the Wazuh manager running") == true)
        let analysisd = try AnalysisdStandIn(path: path)
        try await eventually("all are delivered") { numbers(analysisd) == Array(1...50) }
        try await eventually("the fault is over") { !deliverer.sinkStatus.failing }
        await deliverer.stop()
    }

    @Test func `T41 a new analysisd at the same path gets the rest, nothing twice`() async throws {
        let analysisd = try AnalysisdStandIn(path: path)
        let deliverer = start()
        try queue(1...20)
        deliverer.doorbell.ring()
        try await eventually("the first part") { numbers(analysisd).count == 20 }
        analysisd.exit()
        try queue(21...40)
        deliverer.doorbell.ring()
        try await eventually("the refusal is noticed") { deliverer.sinkStatus.failing }
        try analysisd.comeBack()
        try await eventually("the rest") { numbers(analysisd) == Array(1...40) }
        await deliverer.stop()
    }

    @Test func `T42 a receiver that stops reading loses nothing and gets all in order afterwards`() async throws {
        let analysisd = try AnalysisdStandIn(path: path)
        analysisd.pause()
        try queue(1...2_000)
        let deliverer = start()
        try await eventually("the kernel's queue is full") { try store.outboxCount() < 2_000 }
        analysisd.resume()
        try await eventually("all are delivered") { numbers(analysisd) == Array(1...2_000) }
        await deliverer.stop()
    }

    @Test func `T43 an event that no socket takes is dropped aloud and blocks nothing`() async throws {
        let analysisd = try AnalysisdStandIn(path: path)
        try store.add(
            toOutbox: [
                OutboxItem(sink: "analysisd", eventID: "huge", body: Data(repeating: 0x61, count: 400_000))
            ])
        try queue(1...3)
        let deliverer = start()
        try await eventually("the others arrive") { numbers(analysisd) == [1, 2, 3] }
        #expect(try store.summary(alertsPath: "", now: 0).counters[.dropped] == 1)
        await deliverer.stop()
    }

    @Test func `events that analysisd dropped are sent again when others come back`() async throws {
        let analysisd = try AnalysisdStandIn(path: path)
        let clock = ManualClock()
        let deliverer = Deliverer(
            sink: "analysisd", store: store,
            target: .analysisd(socket: path, maxPerSecond: 0, confirmation: .init(after: 60)), clock: clock.clock,
            log: .quiet)
        for number in 1...3 {
            try queue(number...number)
            _ = await deliverer.step()
            clock.advance(1)
        }
        var batch = AcceptBatch()
        batch.confirmed = ["event-1", "event-3"]
        try store.accept(batch, now: 0)
        clock.advance(61)
        _ = await deliverer.step()
        try await eventually("the second goes again") { numbers(analysisd) == [1, 2, 3, 2] }
    }
}
