import Foundation
import Support
import Synchronization
import Testing

@testable import VTEnrich

@Suite struct IdentityScenarios {
    // MARK: The decision

    static let known = FileIdentity(device: 1, inode: 10, birth: 100)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var identity = known
        var size: UInt64 = 5_000
        var head = true
        var marker = true
        var offset: UInt64 = 4_000
        var expected: Recognition
    }

    static let cases = [
        Case(testDescription: "F37 the same file, grown", expected: .same),
        Case(testDescription: "F18 the same file, not grown", size: 4_000, expected: .same),
        Case(testDescription: "the same file where nothing was read yet", offset: 0, expected: .same),
        Case(
            testDescription: "F26 the same inode born later with other content",
            identity: FileIdentity(device: 1, inode: 10, birth: 200), head: false, marker: false, expected: .other),
        Case(
            testDescription: "F26 no birth time: other content decides",
            identity: FileIdentity(device: 1, inode: 10, birth: nil), head: false, marker: false, expected: .other),
        Case(
            testDescription: "F26 no birth time: known content decides",
            identity: FileIdentity(device: 1, inode: 10, birth: nil), expected: .same),
        Case(
            testDescription: "F28 another device with the same content",
            identity: FileIdentity(device: 2, inode: 99, birth: 500), expected: .moved),
        Case(
            testDescription: "F36 another inode with the same content and more",
            identity: FileIdentity(device: 1, inode: 11, birth: 300), expected: .moved),
        Case(
            testDescription: "F29 another inode with an equal head alone",
            identity: FileIdentity(device: 1, inode: 11, birth: 300), marker: false, expected: .other),
        Case(
            testDescription: "F29 another inode, equal but shorter",
            identity: FileIdentity(device: 1, inode: 11, birth: 300), size: 3_999, expected: .other),
        Case(
            testDescription: "another inode where nothing was read yet: nothing proves anything",
            identity: FileIdentity(device: 1, inode: 11, birth: 300), offset: 0, expected: .other),
        Case(testDescription: "F30 cut below the offset", size: 10, head: false, marker: false, expected: .truncated),
        Case(testDescription: "F31 cut and filled beyond the offset", marker: false, expected: .truncated),
        Case(testDescription: "F31 another head, the same marker", head: false, expected: .truncated),
        Case(testDescription: "F35 only the last line removed", size: 3_900, marker: false, expected: .truncated),
        Case(
            testDescription: "F30 no birth time: cut below the offset",
            identity: FileIdentity(device: 1, inode: 10, birth: nil), size: 10, head: false, marker: false,
            expected: .truncated),
    ]

    @Test(arguments: cases)
    func `A file is recognised by identity and content together`(_ item: Case) {
        let mark = GenerationMark(
            identity: Self.known, offset: item.offset, head: Fingerprint(length: 1024, digest: "h"),
            marker: Fingerprint(length: 4000, digest: "m"))
        let seen = SeenFile(identity: item.identity, size: item.size, hasHead: item.head, hasMarker: item.marker)
        #expect(mark.recognise(seen) == item.expected)
    }

    @Test func `P5 the same garbage in another file is no sign that it was read before`() {
        let mark = GenerationMark(
            identity: Self.known, offset: 29, head: Fingerprint(length: 29, digest: "h"),
            marker: Fingerprint(length: 29, digest: "h"))
        var seen = SeenFile(
            identity: FileIdentity(device: 1, inode: 99, birth: 7), size: 500, hasHead: true, hasMarker: true)
        #expect(mark.recognise(seen) == .moved)
        seen.isTelling = false
        #expect(mark.recognise(seen) == .other)
    }

    // MARK: With files

    @Test(arguments: [true, false])
    func `F26 F27 a new file that got the same inode is read from its start`(hasBirth: Bool) throws {
        let bench = try FollowBench(layout: .plain)
        bench.writer.write(5)
        bench.look()
        bench.end(orderly: true)
        bench.writer.deletePath()
        bench.writer.openAnew()
        bench.writer.write(20)
        // The inode number cannot be forced: the checkpoint is given the new file's instead.
        var identity = try FileFacts.of(path: bench.writer.path).identity
        identity.birth = hasBirth ? identity.birth! - 1 : nil
        bench.store.state.withLock { $0.checkpoints[bench.writer.path]!.identity = identity }
        bench.begin()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 25)
    }

    @Test func `F28 the same content under another device and inode goes on at the offset`() throws {
        let bench = try FollowBench(layout: .plain)
        bench.writer.write(50)
        bench.look()
        bench.end(orderly: true)
        bench.store.state.withLock {
            $0.checkpoints[bench.writer.path]!.identity.device += 1
            $0.checkpoints[bench.writer.path]!.identity.inode += 7
            $0.checkpoints[bench.writer.path]!.identity.birth = 5
        }
        bench.writer.write(3)
        bench.begin()
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 53)
        #expect(bench.log.count("under another identity") == 1)
        #expect(bench.checkpoint?.identity == (try FileFacts.of(path: bench.writer.path).identity))
    }

    @Test(arguments: [true, false])
    func `F29 another file with the same first KiB is read from its start`(isLonger: Bool) throws {
        let bench = try FollowBench(layout: .plain)
        bench.writer.write(60)
        let content = try Data(contentsOf: URL(fileURLWithPath: bench.writer.path))
        bench.look()
        bench.end(orderly: true)
        bench.writer.deletePath()
        bench.writer.openAnew()
        let firstLines = content.prefix(1_500).lastIndex(of: 10)! + 1
        bench.writer.appendRaw([UInt8](content.prefix(firstLines)))
        let repeated = bench.store.received.prefix(content.prefix(firstLines).count { $0 == 10 })
        bench.writer.write(isLonger ? 100 : 2)
        bench.begin()
        bench.look()
        #expect(bench.report.missing.isEmpty)
        #expect(bench.report.duplicates == Array(repeated))
        #expect(bench.store.received.count == 60 + repeated.count + (isLonger ? 100 : 2))
    }

    @Test(arguments: [true, false], [2, 60])
    func `F30 F31 F32 cut to nothing and filled again, below and beyond the offset`(isRunning: Bool, count: Int) throws
    {
        let bench = try FollowBench()
        bench.writer.write(30)
        bench.look()
        if !isRunning { bench.end(orderly: true) }
        bench.writer.truncate()
        bench.writer.write(count)
        if !isRunning { bench.begin() }
        bench.look()
        bench.advance(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 30 + count)
        #expect(bench.store.count(.truncations) == 1)
        #expect(bench.store.count(.bytesLost) == 0)
        #expect(bench.store.count(.malformed) == 0)
    }

    @Test func `F30 the bytes that were seen and not read are reported lost`() throws {
        let bench = try FollowBench()
        bench.store.state.withLock { $0.pending = bench.settings.maxPending }
        bench.writer.write(1)
        bench.look()
        bench.writer.write(20)
        bench.look()
        let unread = bench.trail.status.lagBytes
        #expect(unread > 0)
        bench.forgiveUnread()
        bench.writer.truncate()
        bench.writer.write(1)
        bench.store.state.withLock { $0.pending = 0 }
        bench.advance(1)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.count(.bytesLost) == Int(unread))
        #expect(bench.log.count("\(unread) bytes of it were never read") == 1)
    }

    @Test func `F33 copytruncate: the new content is taken, what was only in the copy is reported`() throws {
        let bench = try FollowBench(layout: .plain)
        bench.writer.write(10)
        bench.look()
        bench.store.state.withLock { $0.pending = bench.settings.maxPending }
        bench.writer.write(1)
        bench.look()
        bench.writer.write(10)
        bench.look()
        bench.forgiveUnread()
        bench.writer.copyTruncate()
        bench.writer.write(5)
        bench.store.state.withLock { $0.pending = 0 }
        bench.advance(1)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 16)
        #expect(bench.store.count(.truncations) == 1)
        #expect(bench.store.count(.bytesLost) > 1_000)
    }

    @Test(arguments: [100, 70_000, 1_000_000])
    func `F34 a hole of NUL bytes in front of a line is passed over and counted once`(size: Int) throws {
        let bench = try FollowBench()
        bench.settings.alerts.maxLineBytes = 65_536
        bench.restart()
        bench.writer.write(3)
        bench.look()
        bench.writer.truncate()
        bench.writer.truncate(to: size)
        bench.writer.write(2)
        bench.look()
        bench.advance(2)
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 5)
        #expect(bench.store.count(.malformed) == 1)
        #expect(bench.store.count(.oversize) == 0)
    }

    @Test(arguments: [true, false])
    func `F35 the last line removed: read again from the start`(isRunning: Bool) throws {
        let bench = try FollowBench()
        bench.writer.write(10)
        bench.look()
        if !isRunning { bench.end(orderly: true) }
        let content = try Data(contentsOf: URL(fileURLWithPath: bench.writer.path))
        bench.writer.truncate(to: content.dropLast().lastIndex(of: 10)! + 1)
        if !isRunning { bench.begin() }
        bench.look()
        bench.writer.write(1)
        bench.look()
        // The store knows the ids and takes none twice; here they are seen coming again.
        #expect(bench.store.received.count == 20)
        #expect(bench.report.duplicates == Array(bench.store.received.prefix(9)))
        #expect(bench.report.missing.isEmpty)
        #expect(bench.store.count(.truncations) == 1)
    }

    @Test func `F35 the store takes nothing twice`() throws {
        let bench = try FollowBench()
        let store = try Store.inMemory()
        let intake = Intake(store: store, clock: bench.clock.clock) {}
        let trail = bench.makeTrail(intake)
        bench.writer.write(10)
        _ = trail.look()
        bench.writer.truncate(to: 0)
        bench.writer.appendRaw((1...9).map { AlertsWriter.line(id: "1789114831.\($0)", number: $0) }.joined())
        _ = trail.look()
        #expect(store.pending == 10)
        let counters = try store.summary(alertsPath: bench.writer.path, now: bench.clock.wall).counters
        #expect(counters[.repeatedLines] == 9)
        #expect(counters[.truncations] == 1)
    }

    @Test(arguments: [true, false])
    func `F36 replaced by its own content and one line more: only that line is taken`(isRunning: Bool) throws {
        let bench = try FollowBench()
        bench.writer.write(40)
        bench.look()
        if !isRunning { bench.end(orderly: true) }
        bench.writer.replaceAtomically()
        bench.writer.write(1)
        if !isRunning { bench.begin() }
        bench.look()
        #expect(bench.report.isClean)
        #expect(bench.store.received.count == 41)
        #expect(bench.store.count(.rotations) == 0)
        #expect(bench.store.count(.truncations) == 0)
    }
}
