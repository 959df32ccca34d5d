import Foundation
import Glibc
import Support
import Synchronization
import Testing

@testable import VTEnrich

@Suite struct RotationScenarios {
    @Test func `F09 a day rotation gives all lines of both files in order`() throws {
        let bench = try FollowBench()
        bench.writer.append(20)
        bench.look()
        bench.rotateDay()
        bench.writer.append(20)
        bench.look()
        bench.writer.flush()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 40)
        #expect(bench.store.count(.rotations) == 1)
    }

    @Test func `F10 what becomes visible at the close, after the end was seen, is taken before the new file`() throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.look()
        bench.writer.append(2)
        bench.look()
        #expect(bench.store.received.count == 1)
        bench.rotateDay()
        bench.writer.write(1)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 4)
    }

    @Test func `F11 a rotation while far behind: the old file is finished first, whatever time it takes`() throws {
        let bench = try FollowBench()
        bench.writer.append(300)
        bench.lookALittle()
        bench.rotateDay()
        bench.writer.append(50)
        for _ in 0..<3 {
            bench.advance(3_600)
            bench.lookALittle()
        }
        #expect(bench.trail.status.reading == AlertsWriter.datedName(1_795_254_000))
        #expect(bench.trail.status.lagBytes > 0)
        bench.writer.flush()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 350)
        #expect(bench.trail.status.lagBytes == 0)
    }

    @Test func `F12 a rotation while the queue is full for hours: reading goes on where it paused`() throws {
        let bench = try FollowBench()
        bench.store.state.withLock { $0.pending = bench.settings.maxPending }
        bench.writer.write(100)
        bench.look()
        let taken = bench.store.received.count
        #expect(bench.trail.status.paused)
        #expect(bench.trail.status.problems.contains { $0.contains("queue.max_pending") })
        bench.writer.write(200)
        bench.rotateDay()
        bench.writer.write(10)
        for _ in 0..<12 {
            bench.advance(600)
            bench.look()
        }
        #expect(bench.store.received.count == taken)
        bench.writer.compress(generation: 0)
        bench.store.state.withLock { $0.pending = 0 }
        bench.advance(1)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 310)
        #expect(!bench.trail.status.paused)
    }

    @Test func `F13 an old file that is removed while it is read is finished and then let go`() throws {
        let bench = try FollowBench()
        bench.look()
        bench.writer.append(100)
        bench.rotateDay()
        bench.writer.write(5)
        bench.lookALittle()
        unlink(bench.writer.datedPaths[0])
        #expect(bench.deletedButOpen == 1)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 105)
        #expect(bench.deletedButOpen == 0)
        #expect(bench.trail.status.generationsOpen == 1)
    }

    @Test func `F14 an old file that is compressed while it is read is finished, its gz is not read as well`() throws {
        let bench = try FollowBench()
        bench.look()
        bench.writer.append(100)
        bench.rotateDay()
        bench.writer.write(5)
        bench.lookALittle()
        bench.writer.compress(generation: 0, between: bench.lookALittle)
        bench.look()
        bench.rotateDay()
        bench.writer.write(5)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 110)
        #expect(bench.deletedButOpen == 0)
    }

    @Test func `F15 several size rotations between two looks are read in order`() throws {
        let bench = try FollowBench()
        bench.writer.write(3)
        bench.look()
        for _ in 0..<3 {
            bench.writer.write(4)
            bench.writer.rotateSize()
        }
        bench.writer.write(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 17)
        #expect(bench.store.count(.rotations) == 3)
    }

    @Test func `F16 rotations in quick succession while behind: order kept, descriptors bounded`() throws {
        let bench = try FollowBench()
        bench.look()
        var most = 0
        for round in 0..<200 {
            bench.writer.append(8)
            bench.writer.rotateSize()
            bench.advance(10)
            if round % 3 == 0 { bench.lookALittle() }
            most = max(most, bench.trail.status.generationsOpen)
        }
        bench.look()
        bench.writer.flush()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 1_600)
        #expect(most > 20)
        #expect(most <= Trail.openLimit + 7)
        bench.advance(61)
        bench.look()
        #expect(bench.trail.status.generationsOpen == 1)
    }

    @Test(arguments: [0.05, 5, 28_800] as [Double])
    func `F17 while path is missing the old file is still followed, with one line in the log`(seconds: Double) throws {
        let bench = try FollowBench()
        bench.writer.write(2)
        bench.look()
        bench.writer.deletePath()
        let step = max(seconds / 20, 0.05)
        for _ in 0..<Int(seconds / step) {
            bench.look()
            bench.advance(step)
        }
        bench.writer.write(2)
        bench.look()
        #expect(bench.store.received.count == 4)
        #expect(bench.trail.status.waitingForFile)
        bench.rotateDay()
        bench.writer.write(2)
        bench.look()
        #expect(bench.report.isClean)
        let told = bench.log.count("is missing")
        #expect(seconds < 1 ? told == 0 : told >= 1 && told <= 1 + Int(seconds / Notices.repeatAfter))
        #expect(bench.log.count("is there again") == (seconds < 1 ? 0 : 1))
    }

    @Test func `F18 path linked again to the same file is no rotation`() throws {
        let bench = try FollowBench()
        for _ in 0..<5 {
            bench.writer.write(2)
            bench.look()
            bench.writer.restartSameDay()
            bench.look()
        }
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 10)
        #expect(bench.store.count(.rotations) == 0)
        #expect(bench.trail.status.generationsOpen == 1)
    }

    @Test func `F19 path moved away and back is no rotation`() throws {
        let bench = try FollowBench()
        for round in 0..<10 {
            rename(bench.writer.path, bench.writer.path + ".x")
            if round % 2 == 0 { bench.look() }
            rename(bench.writer.path + ".x", bench.writer.path)
            bench.writer.write(1)
            bench.look()
        }
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 10)
        #expect(bench.store.count(.rotations) == 0)
    }

    @Test func `F20 an empty old file vanishes at the rotation without anything lost`() throws {
        let bench = try FollowBench()
        bench.look()
        bench.rotateDay()
        bench.writer.write(2)
        bench.look()
        bench.advance(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 2)
        #expect(bench.store.count(.bytesLost) == 0)
        #expect(bench.deletedButOpen == 0)
    }

    @Test func `F21 late writes to the old file are taken for a minute without growth, later ones at the next start`()
        throws
    {
        let bench = try FollowBench()
        bench.writer.write(2)
        bench.look()
        bench.rotateDay()
        bench.look()
        for delay in [2.0, 50, 59] {
            bench.advance(delay)
            bench.look()
            #expect(bench.trail.status.generationsOpen == 2)
            bench.writer.appendLate(1, generation: 0)
            bench.look()
        }
        #expect(bench.store.received.count == 5)
        bench.advance(61)
        bench.look()
        #expect(bench.trail.status.generationsOpen == 1)
        bench.writer.appendLate(2, generation: 0)
        bench.look()
        #expect(bench.store.received.count == 5)
        bench.restart()
        bench.look()
        #expect(bench.report.missing.isEmpty)
        #expect(bench.report.duplicates.isEmpty)
        #expect(bench.store.received.count == 7)
    }

    @Test func `F21 a kill while the old file is still watched neither repeats nor loses its late writes`() throws {
        let bench = try FollowBench()
        bench.writer.write(2)
        bench.look()
        bench.rotateDay()
        bench.writer.write(1)
        bench.look()
        bench.kill { bench.writer.appendLate(2, generation: 0) }
        bench.look()
        bench.writer.appendLate(1, generation: 0)
        bench.look()
        #expect(bench.store.received.count == 6)
        #expect(bench.report.duplicates.isEmpty)
        #expect(bench.report.missing.isEmpty)
    }

    @Test func `F22 a new file that is full before anybody looks is read from byte 0`() throws {
        let bench = try FollowBench()
        bench.look()
        bench.rotateDay()
        bench.writer.write(500)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 500)
    }

    @Test(arguments: [1, 3])
    func `F23 rotation by renaming, once and several times between looks`(times: Int) throws {
        let bench = try FollowBench(layout: .plain)
        bench.writer.write(3)
        bench.look()
        for _ in 0..<times {
            bench.writer.append(2)
            bench.writer.rotateByName(keeping: 5)
        }
        bench.writer.write(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 5 + 2 * times)
        #expect(bench.store.count(.rotations) == times)
    }

    @Test func `F23 rotation by renaming while stopped`() throws {
        let bench = try FollowBench(layout: .plain)
        bench.writer.write(3)
        bench.look()
        bench.restart {
            for _ in 0..<3 {
                bench.writer.append(2)
                bench.writer.rotateByName(keeping: 5)
            }
            bench.writer.write(2)
        }
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 11)
    }

    @Test func `F25 a symbolic link that is switched is a rotation`() throws {
        let bench = try FollowBench(layout: .link)
        bench.writer.write(3)
        bench.look()
        bench.writer.append(2)
        bench.writer.rotateSize()
        bench.writer.write(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 7)
        #expect(bench.store.count(.rotations) == 1)
    }

    enum Obstacle: CaseIterable { case folder, fifo, device, danglingLink, socket }

    @Test(arguments: Obstacle.allCases)
    func `F25 what is no file is refused without blocking, and the old file followed`(obstacle: Obstacle) throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.look()
        let path = bench.writer.path
        bench.writer.deletePath()
        switch obstacle {
        case .folder: mkdir(path, 0o755)
        case .fifo: mkfifo(path, 0o600)
        case .device: symlink("/dev/zero", path)
        case .danglingLink: symlink("/nowhere", path)
        case .socket: mknod(path, S_IFSOCK | 0o600, 0)
        }
        bench.writer.write(1)
        for _ in 0..<20 {
            bench.look()
            bench.advance(0.5)
        }
        #expect(bench.store.received.count == 2)
        let problem = try #require(bench.trail.status.problems.first)
        #expect(problem.contains(path))
        #expect(bench.log.count(problem) == 1)
        try FileManager.default.removeItem(atPath: path)
        bench.rotateDay()
        bench.writer.write(1)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.trail.status.problems.isEmpty)
    }

    @Test func `T19 a new file that may not be read: the old one is followed on, and the message says what mends it`()
        throws
    {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.look()
        bench.writer.append(1)
        bench.rotateDay()
        bench.writer.write(1)
        chmod(bench.folder.path, 0o755)
        chmod(bench.writer.path, 0)
        Self.asNobody {
            for _ in 0..<10 {
                bench.look()
                bench.advance(0.5)
            }
        }
        #expect(bench.store.received.count == 2)
        let problem = try #require(bench.trail.status.problems.first)
        for part in [bench.writer.path, "Permission denied", "vtenrichd runs as", ":root 00", "join group"] {
            #expect(problem.contains(part), "\(problem)")
        }
        #expect(bench.log.count(problem) == 1)
        bench.writer.write(1)
        chmod(bench.writer.path, 0o640)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 4)
        #expect(bench.trail.status.problems.isEmpty)
    }

    /// Root may read everything: on this thread alone the file system sees another user meanwhile.
    private static func asNobody(_ body: () -> Void) {
        typealias SetUser = @convention(c) (uid_t) -> Int32
        guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else { return body() }
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        let previous = setUser(65_534)
        body()
        _ = setUser(uid_t(previous))
    }

    @Test func `F12 a queue that hovers at its limit pauses and resumes without a line for each alert`() throws {
        let bench = try FollowBench()
        bench.settings.maxPending = 1_000
        bench.restart()
        bench.look()
        for round in 0..<200 {
            bench.store.state.withLock { $0.pending = 1_000 - round % 3 }
            bench.writer.write(1)
            bench.look()
            bench.advance(1)
        }
        #expect(bench.log.count("queue.max_pending") == 1)
        #expect(bench.store.received.count < 5)
        bench.store.state.withLock { $0.pending = 900 }
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.log.count("has room again") == 1)
    }

    @Test func `T18 an old file that cannot be read does not flood the log while the new one can`() throws {
        let bench = try FollowBench()
        bench.writer.write(1)
        bench.look()
        bench.rotateDay()
        bench.writer.write(1)
        bench.look()
        let descriptor = try #require(bench.trail.lingering.first).source.descriptor
        let folder = open(bench.folder.path, O_RDONLY | O_DIRECTORY)
        dup2(folder, descriptor)
        close(folder)
        for _ in 0..<100 {
            bench.writer.write(1)
            bench.look()
            bench.advance(0.5)
        }
        #expect(bench.report.isClean)
        #expect(bench.log.count("cannot read") == 1)
        #expect(bench.log.count("can be read again") == 0)
    }
}
