import Synchronization

/// The writer's own list of every alert it wrote: the only oracle of the follower's tests (scenarios §6).
package final class Ledger: Sendable {
    /// One alert that was written.
    package struct Entry: Sendable {
        /// The alert's `id`.
        package let id: String
        /// Which physical file, counted from 0.
        package let generation: Int
        /// Alerts of one address come out in their order, those of several do not: each waits for its own lookup.
        package let lane: Int
        /// Its last byte is in the file.
        package var isComplete = false
        /// A crash of the writer or a truncation took it: it may be missing.
        package var mayBeMissing = false
    }

    /// What became of the entries.
    package struct Report: Sendable, Equatable, CustomStringConvertible {
        package var written = 0
        package var received = 0
        package var missing: [String] = []
        package var duplicates: [String] = []
        package var outOfOrder: [String] = []
        /// Received, but never written.
        package var foreign: [String] = []

        package var isClean: Bool { missing.isEmpty && duplicates.isEmpty && outOfOrder.isEmpty && foreign.isEmpty }

        package var description: String {
            func some(_ ids: [String]) -> String {
                ids.isEmpty
                    ? "0" : "\(ids.count) (\(ids.prefix(5).joined(separator: ", "))\(ids.count > 5 ? ", …" : ""))"
            }
            return "written \(written), received \(received), missing \(some(missing)), "
                + "duplicates \(some(duplicates)), out of order \(some(outOfOrder)), foreign \(some(foreign))"
        }
    }

    private let entries = Mutex<(list: [Entry], index: [String: Int])>(([], [:]))

    package init() {}

    package var all: [Entry] { entries.withLock { $0.list } }

    func add(_ id: String, generation: Int, lane: Int = 0) {
        entries.withLock {
            $0.index[id] = $0.list.count
            $0.list.append(Entry(id: id, generation: generation, lane: lane))
        }
    }

    func completed(_ id: String) { change([id]) { $0.isComplete = true } }

    /// Alerts whose loss cannot be held against the reader.
    package func forgive(_ ids: some Sequence<String>) { change(ids) { $0.mayBeMissing = true } }

    /// Forgives whatever of a generation is not among `received` now.
    package func forgiveUnread(generation: Int, received: Set<String>) {
        forgive(all.filter { $0.generation == generation && !received.contains($0.id) }.map(\.id))
    }

    private func change(_ ids: some Sequence<String>, _ body: (inout Entry) -> Void) {
        entries.withLock { state in
            for id in ids { if let index = state.index[id] { body(&state.list[index]) } }
        }
    }

    /// How many alerts are complete in their file.
    package var completeCount: Int { entries.withLock { $0.list.count(where: \.isComplete) } }

    /// Compares with the alert ids received, in their order. Order counts between the first receipts of a lane.
    package func compare(_ received: [String]) -> Report {
        let (list, index) = entries.withLock { ($0.list, $0.index) }
        var report = Report()
        report.written = list.filter(\.isComplete).count
        report.received = received.count
        var seen: Set<String> = []
        var newest: [Int: Int] = [:]
        for id in received {
            guard let position = index[id] else {
                report.foreign.append(id)
                continue
            }
            guard seen.insert(id).inserted else {
                report.duplicates.append(id)
                continue
            }
            let lane = list[position].lane
            if position < newest[lane, default: -1] { report.outOfOrder.append(id) }
            newest[lane] = max(newest[lane, default: -1], position)
        }
        report.missing = list.filter { $0.isComplete && !$0.mayBeMissing && !seen.contains($0.id) }.map(\.id)
        return report
    }
}
