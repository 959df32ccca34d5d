package import VTEnrichCore

/// What the selection makes of files of alerts: counted, never looked up, never sent.
package struct Replay: Sendable {
    package struct Counts: Sendable, Equatable {
        package var lines = 0
        /// Taken by the filters, ours and feedback aside.
        package var matched = 0
        package var withAddress = 0
        package var malformed = 0
        package var oversize = 0
        package var excluded = 0
        package var ownEvents = 0
    }

    package private(set) var counts = Counts()
    package private(set) var addresses: Set<IPAddress> = []
    private let selector: AlertSelector
    private let maxLineBytes: Int

    package init(_ configuration: Configuration) {
        selector = AlertSelector(configuration.selection)
        maxLineBytes = configuration.alerts.maxLineBytes
    }

    /// Reads one file, plain or compressed, and calls `taken` for each alert that would be looked up. Returns what ended a
    /// damaged one early.
    @discardableResult
    package mutating func read(
        _ path: String, taken: (Alert, IPAddress) -> Void = { _, _ in }
    ) throws(FileError) -> String? {
        var pending = self
        let tally = try AlertFile.read(path, maxLineBytes: maxLineBytes) { pending.note($0, taken) }
        pending.counts.lines += tally.lines
        pending.counts.oversize += tally.oversize
        pending.counts.malformed += tally.malformed
        self = pending
        return tally.damage
    }

    /// A crash of analysisd may have left several alerts in one line (F07).
    private mutating func note(_ line: UnsafeRawBufferPointer, _ taken: (Alert, IPAddress) -> Void) {
        let examination = selector.examine(line)
        if examination.damagedPrefix > 0 { counts.malformed += 1 }
        switch examination.outcome {
        case .unwanted, .feedback: break
        case .excluded: counts.excluded += 1
        case .ownEvent: counts.ownEvents += 1
        case .malformed: counts.malformed += 1
        case .noAddress: counts.matched += 1
        case .taken(let alert, let address):
            counts.matched += 1
            counts.withAddress += 1
            addresses.insert(address)
            taken(alert, address)
        }
        if let next = examination.next, next > 0, next < line.count {
            note(UnsafeRawBufferPointer(rebasing: line[next...]), taken)
        }
    }
}
