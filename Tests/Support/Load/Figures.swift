import VTEnrich

/// What a proof found: the ledger's figures beside the daemon's own, and every promise that they break.
package struct Figures: Sendable, CustomStringConvertible {
    package var ledger: Ledger.Report
    package var kills: Int
    package var rotations: Int
    /// Confirmation repeats, which are promised to be counted.
    package var repeated: Int
    /// Bytes, the most seen.
    package var memory: Int
    package var descriptors: Int
    /// Seconds of the processor.
    package var cpu: Double
    package var broken: [String]

    /// What P7 allows.
    package static let memoryLimit = 64 << 20

    package var description: String {
        """
        \(ledger)
        kills \(kills), rotations \(rotations), repeated \(repeated), most memory \(memory >> 10) KiB, \
        most descriptors \(descriptors), CPU \(Int(cpu.rounded())) s
        """
    }
}

extension LoadedManager {
    /// After `drain`.
    ///
    /// - Parameter limitsMemory: false where the program carries more than itself: in debug and sanitizer builds.
    package func figures(limitsMemory: Bool = true) async throws -> Figures {
        let status = try await status()
        guard let sink = status.output["analysisd"] else { throw Broken("no analysisd in the status") }
        let report = ledger.compare(receipts.alertIDs)
        let (cutHeads, fed) = (await writer.perform { $0.cutHeads }, await writer.fed)
        var figures = Figures(
            ledger: report, kills: kills, rotations: await writer.rotations, repeated: sink.repeated,
            memory: watch.mostMemory, descriptors: watch.mostDescriptors, cpu: watch.cpu, broken: [])
        func promise(_ holds: Bool, _ what: String) {
            if !holds { figures.broken.append(what) }
        }
        let duplicates = report.duplicates.count
        promise(report.missing.isEmpty, "P1: \(report.missing.count) alerts are missing")
        promise(
            duplicates <= kills + sink.repeated,
            "P3: \(duplicates) duplicates after \(kills) kills and \(sink.repeated) counted repeats")
        promise(receipts.changedIDs.isEmpty, "P3: \(receipts.changedIDs.count) repetitions under another event id")
        // What analysisd lost comes late, when it is repeated.
        promise(
            report.outOfOrder.count <= sink.repeated,
            "P4: \(report.outOfOrder.count) events out of order, \(sink.repeated) counted repeats")
        promise(report.foreign.isEmpty, "\(report.foreign.count) events about alerts that nobody wrote")
        promise(receipts.unreadable == 0, "\(receipts.unreadable) datagrams that are no event of an alert")
        if limitsMemory {
            promise(figures.memory < Figures.memoryLimit, "P7: \(figures.memory >> 10) KiB of memory")
        }
        // Counters are written with what they count. A kill between a send and its note costs at most that one.
        let follower = status.follower
        promise(follower.matched == report.written, "matched \(follower.matched), written \(report.written)")
        promise(follower.malformed <= cutHeads, "malformed \(follower.malformed), cut off \(cutHeads)")
        promise(follower.ownEvents <= fed, "own events \(follower.ownEvents), given back \(fed)")
        promise(
            (sink.sent - sink.repeated...sink.sent + kills).contains(report.received),
            "sent \(sink.sent), received \(report.received), repeated \(sink.repeated), kills \(kills)")
        promise(sink.confirmed <= receipts.distinctCount, "confirmed \(sink.confirmed) of \(receipts.distinctCount)")
        promise(sink.dropped == 0 && follower.bytesLost == 0, "dropped \(sink.dropped), lost \(follower.bytesLost) B")
        promise(
            status.queue.pending == 0 && sink.waiting == 0, "still waiting: \(status.queue.pending), \(sink.waiting)")
        promise(status.health == .healthy, "\(status.health): \(status.problems.joined(separator: "; "))")
        return figures
    }
}
