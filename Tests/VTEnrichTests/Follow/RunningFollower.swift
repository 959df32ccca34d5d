import Dispatch
import Glibc
import Logging
import Support
import Synchronization
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

        /// - Parameter gate: runs before every commit, on the follower's queue.
        init(
            _ folder: TemporaryFolder, store: Store, gate: @escaping @Sendable () -> Void = {},
            inotify: @escaping @Sendable () throws(FileError) -> Inotify = { () throws(FileError) in try Inotify() },
            configure change: (inout FollowSettings) -> Void = { _ in }
        ) {
            self.folder = folder
            self.store = store
            var settings = FollowSettings()
            settings.alerts.path = folder["alerts/alerts.json"]
            settings.alerts.start = .beginning
            change(&settings)
            let log = log
            var intake = Intake(store: store, clock: .system, onAccepted: bell.ring)
            let accept = intake.accept
            intake.accept = { batch in
                gate()
                return try accept(batch)
            }
            let follower = Follower(
                settings: settings, selector: AlertSelector(SelectionSettings()), intake: intake,
                stateDirectory: folder.path, clock: .system, log: Logger(label: "test") { _ in log }, inotify: inotify)
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
        try await eventually("no lag") { running.follower.status().lagBytes == 0 }
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
        let running = Running(folder, store: store, configure: { $0.alerts.start = .end })
        try await eventually("waiting") { running.follower.status().waitingForFile }
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        writer.append(3)
        writer.flush()
        try await eventually("3 alerts") { store.pending == 3 }
        try await eventually("no more waiting") { !running.follower.status().waitingForFile }
        #expect(running.log.count("waiting for") == 1)
        await running.stop()
    }

    @Test func `F24 without inotify it polls, says so once and misses nothing`() async throws {
        let folder = try TemporaryFolder()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let store = try Store.inMemory()
        let running = Running(
            folder, store: store, inotify: { () throws(FileError) in throw FileError("start", "inotify", EMFILE) })
        for round in 1...3 {
            writer.write(2)
            try await eventually("round \(round)") { store.pending == round * 2 }
            writer.rotateSize()
        }
        #expect(running.follower.status().polling)
        #expect(running.follower.status().problems.count == 1)
        #expect(running.log.count("looking every half second") == 1)
        await running.stop()
    }

    @Test func `F24 a watched folder that is replaced is watched again`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.inMemory()
        let first = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let running = Running(folder, store: store)
        first.write(1)
        try await eventually("the first alert") { store.pending == 1 }
        for round in 1...3 {
            rename(folder["alerts"], folder["alerts.\(round)"])
            let next = AlertsWriter(folder: folder["alerts"], now: wallSeconds() + Double(round) * 86_400)
            next.appendRaw(AlertsWriter.line(id: "1789114832.\(round)", number: round))
            try await eventually("an alert in folder \(round)") { store.pending == 2 * round }
            next.rotateSize()
            next.appendRaw(AlertsWriter.line(id: "1789114833.\(round)", number: round))
            try await eventually("an alert after a rotation in folder \(round)") { store.pending == 2 * round + 1 }
        }
        #expect(!running.follower.status().polling)
        await running.stop()
    }

    @Test func `F24 more events than inotify can hold lose nothing`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.inMemory()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let gate = DispatchSemaphore(value: 1)
        let running = Running(
            folder, store: store,
            gate: {
                gate.wait(); gate.signal()
            })
        writer.write(1)
        try await eventually("the first alert") { store.pending == 1 }
        let box = LoadScenarios.Handed(writer)
        try await onOwnQueue {
            gate.wait()
            box.value.write(1)
            for _ in 0..<9_000 {
                link(box.value.path, box.value.path + ".x")
                unlink(box.value.path + ".x")
            }
            box.value.rotateSize()
            box.value.write(1)
            gate.signal()
        }
        try await eventually("all alerts") { store.pending == 3 }
        await running.stop()
    }

    @Test func `T03 it stops soon while it decompresses a large gz, and loses nothing by it`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.inMemory()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let first = Running(folder, store: store)
        writer.write(1)
        try await eventually("the first alert") { store.pending == 1 }
        await first.stop()
        writer.padding = 100_000
        writer.write(40)
        writer.padding = 0
        writer.rotateDay()
        writer.write(1)
        writer.compress(generation: 0)
        let second = Running(folder, store: store)
        let started = monotonicSeconds()
        await second.stop()
        #expect(monotonicSeconds() - started < 20)
        let third = Running(folder, store: store)
        try await eventually("all alerts") { store.pending == 42 }
        await third.stop()
    }

    @Test func `F44 a reload to another path follows that one, and back again`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.inMemory()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let running = Running(folder, store: store)
        writer.write(2)
        try await eventually("2 alerts") { store.pending == 2 }
        let other = AlertsWriter(folder: folder["other"], now: wallSeconds())
        other.appendRaw(AlertsWriter.line(id: "1789114839.1", number: 1))
        var settings = FollowSettings()
        settings.alerts.start = .beginning
        settings.alerts.path = other.path
        await running.follower.reconfigure(settings: settings, selector: AlertSelector(SelectionSettings()))
        try await eventually("the other path's alert") { store.pending == 3 }
        try await eventually("the other path in status") { running.follower.status().path == other.path }
        writer.write(1)
        settings.alerts.path = writer.path
        await running.follower.reconfigure(settings: settings, selector: AlertSelector(SelectionSettings()))
        try await eventually("4 alerts") { store.pending == 4 }
        await running.stop()
    }

    @Test func `T07 a beat comes while the follower works, and none while it hangs`() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.inMemory()
        let writer = AlertsWriter(folder: folder["alerts"], now: wallSeconds())
        let gate = DispatchSemaphore(value: 1)
        let commits = Counted()
        let running = Running(
            folder, store: store,
            gate: {
                commits.add()
                gate.wait()
                gate.signal()
            })
        writer.write(1)
        try await eventually("the first alert") { store.pending == 1 }
        await running.follower.beat()

        try await onOwnQueue { gate.wait() }
        let before = commits.value
        writer.write(1)
        try await eventually("a commit that hangs") { commits.value > before }
        let beats = Counted()
        let follower = running.follower
        Task {
            await follower.beat()
            beats.add()
        }
        try await Task.sleep(for: .milliseconds(300))
        #expect(beats.value == 0)
        gate.signal()
        try await eventually("a beat") { beats.value == 1 }
        await running.stop()
    }

    final class Counted: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }
}
