import Testing
import VTEnrichCore

@Suite struct `A node's share` {
    @Test(arguments: 1...40)
    func `all shares together are never more than the limits`(nodes: Int) {
        for limit in [0, 1, 3, 4, 5, 31, 240, 500, 15_500] {
            let limits = QuotaLimits(perMinute: limit, perDay: limit, perMonth: limit)
            for others in [0, 1, limit / 2, limit, limit + 7] {
                let share = ClusterShare(nodes: nodes).limits(limits, others: others)
                #expect(share.perMinute * nodes <= limit)
                #expect(share.perDay >= 0 && share.perDay * nodes <= max(0, limit - others))
                #expect(share.perMonth >= 0 && share.perMonth * nodes <= max(0, limit - others))
            }
        }
    }

    @Test func `alone its share is everything`() {
        #expect(ClusterShare(nodes: 1).limits(QuotaLimits()) == QuotaLimits())
    }
}

@Suite struct `Standing in the cluster` {
    @Test func `after its last message a node waits until its lease and every token that was lent are over`() {
        var standing = ClusterStanding()
        #expect(standing.isAlone(at: 0))
        standing.sent(at: 1_000, timeout: 15)
        let end = 1_000 + ClusterStanding.lateness + ClusterStanding.lease + 15 + ClusterStanding.slack + 61
        #expect(!standing.isAlone(at: end - 0.1) && standing.isAlone(at: end))
    }

    @Test func `having left, it waits for the tokens only`() {
        var standing = ClusterStanding()
        standing.sent(at: 1_000, timeout: 15)
        standing.left(at: 1_001, timeout: 15)
        #expect(standing.aloneFrom == 1_001 + 15 + ClusterStanding.slack + 61)
    }

    @Test func `a run that begins goes on where the last one was`() {
        let full = ClusterStanding.lateness + ClusterStanding.lease + 15 + ClusterStanding.slack + 61
        func resume(_ stored: StoredStanding, _ boot: Double, _ bootID: String = "b") -> Double {
            #expect(StoredStanding(stored == .never ? nil : stored.description) == stored)
            return stored.resume(at: boot, bootID: bootID, timeout: 15).aloneFrom
        }
        #expect(resume(.never, 500) <= 500)
        #expect(resume(.member, 500) == 500 + full)
        #expect(resume(.apart(from: 480, bootID: "b"), 500) == 480)
        #expect(resume(.apart(from: 520, bootID: "b"), 500) == 520)
        #expect(resume(.apart(from: 480, bootID: "other"), 20) == 20 + 15 + ClusterStanding.slack + 61)
        #expect(StoredStanding("damaged") == .member)
    }
}
