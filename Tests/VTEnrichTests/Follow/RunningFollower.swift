import Logging
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// The follower on its own queue with real time, inotify and a real store.
@Suite struct RunningFollower {
    /// A follower that runs, its writer and its store.
    final class Running: Sendable {
        let folder: TemporaryFolder
        let store: Store
        let follower: Follower
        let bell = Doorbell()
        let log = LogLines()
        private let task: Task<Void, Never>

        init(_ folder: TemporaryFolder, store: Store, _ change: (inout FollowSettings) -> Void = { _ in }) {
            self.folder = folder
            self.store = store
            var settings = FollowSettings()
            settings.alerts.path = folder["alerts/alerts.json"]
            settings.alerts.start = .beginning
            change(&settings)
            let log = log
            let follower = Follower(
                settings: settings, selector: AlertSelector(SelectionSettings()),
                intake: Intake(store: store, clock: .system, onAccepted: bell.ring), stateDirectory: folder.path,
                log: Logger(label: "test") { _ in log })
            self.follower = follower
            task = Task { await follower.run() }
        }

        func stop() async {
            await follower.stop()
            await task.value
        }
    }

    @Test func `F03 what is appended is in the queue soon after, with rotations in between`() async throws {
        let folder = try TemporaryFolder()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let store = try Store.inMemory()
        let running = Running(folder, store: store)
        for round in 1...6 {
            writer.append(3)
            writer.flush()
            try await eventually("round \(round)") { store.pending == round * 3 }
            if round % 2 == 0 { writer.rotateSize() }
        }
        #expect(!running.follower.status().polling)
        #expect(running.follower.status().lagBytes == 0)
        await running.stop()
        #expect(running.follower.status().problems.isEmpty)
    }

    @Test func `F37 a stop leaves a checkpoint, and the next start goes on from it`() async throws {
        let folder = try TemporaryFolder()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let store = try Store.inMemory()
        let first = Running(folder, store: store)
        writer.append(5)
        writer.flush()
        try await eventually("5 alerts") { store.pending == 5 }
        await first.stop()
        writer.append(2)
        writer.rotateDay()
        writer.append(2)
        writer.flush()
        let second = Running(folder, store: store)
        try await eventually("9 alerts") { store.pending == 9 }
        await second.stop()
        #expect(try store.checkpoint(for: writer.path)?.datedName == AlertsWriter.datedName(writer.now))
    }

    @Test func `F02 a missing folder is waited for and the file taken from byte 0`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.inMemory()
        let running = Running(folder, store: store) { $0.alerts.start = .end }
        try await eventually("waiting") { running.follower.status().waitingForFile }
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        writer.append(3)
        writer.flush()
        try await eventually("3 alerts") { store.pending == 3 }
        #expect(!running.follower.status().waitingForFile)
        #expect(running.log.count("waiting for") == 1)
        await running.stop()
    }
}
