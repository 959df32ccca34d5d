import GRDB
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

@OffPool @Suite struct `Quota ledger` {
    private func grants(_ ledger: LocalQuotaLedger, finishing: Bool = true) throws -> Int {
        var count = 0
        while case .granted(let ticket) = try ledger.reserve(level: 5) {
            count += 1
            if finishing { try ledger.finish(ticket, wasSent: true) }
        }
        return count
    }

    @Test func `T34 a restart gives no new tokens`() throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock())
        do {
            let store = try Store(directory: folder.path)
            let ledger = try LocalQuotaLedger(store: store, clock: clock.clock, limits: QuotaLimits())
            #expect(try grants(ledger) == 4)
        }
        for _ in 1...5 {
            clock.advance(10)
            let ledger = try LocalQuotaLedger(
                store: try Store(directory: folder.path), clock: clock.clock, limits: QuotaLimits())
            #expect(try grants(ledger) == 0)
        }
        clock.advance(11)
        let ledger = try LocalQuotaLedger(
            store: try Store(directory: folder.path), clock: clock.clock, limits: QuotaLimits())
        #expect(try grants(ledger) == 4)
        #expect(try ledger.usage().dayUsed == 8)
    }

    @Test func `T04 minutes in which it stood still save up no tokens`() throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock())
        let ledger = try LocalQuotaLedger(
            store: try Store(directory: folder.path), clock: clock.clock, limits: QuotaLimits())
        #expect(try grants(ledger) == 4)
        clock.advance(600)
        #expect(try grants(ledger) == 4)
        clock.advance(60)
        #expect(try grants(ledger) == 0)
    }

    @Test func `T34 a request without an end is held for 61 s from the restart`() throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock())
        do {
            let ledger = try LocalQuotaLedger(
                store: try Store(directory: folder.path), clock: clock.clock, limits: QuotaLimits(perMinute: 1))
            #expect(try grants(ledger, finishing: false) == 1)
        }
        clock.advance(1_000)
        let ledger = try LocalQuotaLedger(
            store: try Store(directory: folder.path), clock: clock.clock, limits: QuotaLimits(perMinute: 1))
        #expect(try ledger.reserve(level: 5) == .minute(nextToken: clock.boot + 61))
    }

    @Test func `T34 after a reboot the bucket starts empty`() throws {
        let folder = try TemporaryFolder()
        do {
            let ledger = try LocalQuotaLedger(
                store: try Store(directory: folder.path), clock: ManualClock(boot: 9_000).clock, limits: QuotaLimits())
            #expect(try grants(ledger) == 4)
        }
        let clock = ManualClock(boot: 20, bootID: "boot-2")
        let ledger = try LocalQuotaLedger(
            store: try Store(directory: folder.path), clock: clock.clock, limits: QuotaLimits())
        #expect(try ledger.reserve(level: 5) == .minute(nextToken: 81))
        clock.advance(61)
        #expect(try grants(ledger) == 4)
    }

    @Test func `T09 the end of a request that could not be noted is noted before the next one`() throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock())
        let store = try Store(directory: folder.path)
        let ledger = try LocalQuotaLedger(store: store, clock: clock.clock, limits: QuotaLimits(perMinute: 1))
        guard case .granted(let ticket) = try ledger.reserve(level: 5) else {
            Issue.record("no token")
            return
        }
        try store.write("refusing") { try $0.execute(sql: "ALTER TABLE request RENAME TO away") }
        #expect(throws: StoreError.self) { try ledger.finish(ticket, wasSent: true) }
        try store.write("allowing") { try $0.execute(sql: "ALTER TABLE away RENAME TO request") }
        clock.advance(30)
        #expect(try ledger.reserve(level: 5) == .minute(nextToken: clock.boot + 31))
        clock.advance(31)
        #expect(try grants(ledger) == 1)
    }

    @Test func `what never left the machine is given back`() throws {
        let clock = ManualClock()
        let ledger = try LocalQuotaLedger(store: try .inMemory(), clock: clock.clock, limits: QuotaLimits(perMinute: 1))
        guard case .granted(let ticket) = try ledger.reserve(level: 5) else {
            Issue.record("no token")
            return
        }
        try ledger.finish(ticket, wasSent: false)
        #expect(try ledger.usage().dayUsed == 0)
        #expect(try grants(ledger) == 1)
    }

    @Test func `T35 a request on its way at midnight counts on both days`() throws {
        let clock = ManualClock(wall: 1_772_409_600 - 1)
        let ledger = try LocalQuotaLedger(store: try .inMemory(), clock: clock.clock, limits: QuotaLimits())
        guard case .granted(let ticket) = try ledger.reserve(level: 5) else {
            Issue.record("no token")
            return
        }
        #expect(try ledger.usage().dayUsed == 1)
        clock.advance(2)
        try ledger.finish(ticket, wasSent: true)
        #expect(try ledger.usage().dayUsed == 1)
    }

    @Test(arguments: [86_400, -39_600, -315_360_000] as [Double])
    func `T48 a clock that jumps gives no new day`(jump: Double) throws {
        let clock = ManualClock()
        let limits = QuotaLimits(perMinute: 1_000, perDay: 5, reserve: .count(0))
        let ledger = try LocalQuotaLedger(store: try .inMemory(), clock: clock.clock, limits: limits)
        #expect(try grants(ledger) == 5)
        let right = clock.wall
        clock.setWall(right + jump)
        #expect(try grants(ledger) == 0)
        clock.advance(60)
        clock.setWall(right + 60)
        #expect(try grants(ledger) == 0)
        clock.advance(86_400)
        #expect(try grants(ledger) == 5)
    }

    @Test func `T48 a clock that jumps into the next month gives no new month`() throws {
        // 2026-03-30T12:00:00Z.
        let clock = ManualClock(wall: 1_774_872_000)
        let limits = QuotaLimits(perMinute: 1_000, perDay: 50, perMonth: 80, reserve: .count(0))
        let ledger = try LocalQuotaLedger(store: try .inMemory(), clock: clock.clock, limits: limits)
        #expect(try grants(ledger) == 50)
        clock.advance(86_400)
        #expect(try grants(ledger) == 30)
        clock.setWall(clock.wall + 86_400)
        #expect(try grants(ledger) == 0)
    }

    @Test func `T35 the day starts anew at midnight UTC, the month goes on`() throws {
        let clock = ManualClock(wall: 1_772_409_600 - 1_000)
        let limits = QuotaLimits(perMinute: 1_000, perDay: 5, perMonth: 12, reserve: .count(0))
        let ledger = try LocalQuotaLedger(store: try .inMemory(), clock: clock.clock, limits: limits)
        #expect(try grants(ledger) == 5)
        #expect(try ledger.reserve(level: 5) == .daySpent(until: 1_772_409_600))
        clock.advance(2_000)
        #expect(try grants(ledger) == 5)
        clock.advance(86_400)
        #expect(try grants(ledger) == 2)
        #expect(try ledger.reserve(level: 16) == .monthSpent(until: 1_775_001_600))
    }
}
