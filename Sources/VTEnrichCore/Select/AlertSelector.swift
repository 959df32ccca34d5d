/// What one line of `alerts.json` is to us.
package enum Outcome: Sendable, Equatable {
    /// No filter takes it, or it is no alert at all (an empty line, an object without a rule).
    case unwanted
    /// A filter takes it, an `exclude` entry does not.
    case excluded
    /// An event of ours that came back, with its id for the confirmation. Recognised whether or not a filter takes it.
    case ownEvent(id: String?)
    /// Active response telling what it did: enriching it would go round in circles (`wazuh.md` §7).
    case feedback
    /// Taken, but without an address that may be looked up.
    case noAddress(Alert)
    case taken(Alert, IPAddress)
    /// With what is wrong, to stand after "the line": `is not valid JSON`.
    case malformed(String)
}

/// What `AlertSelector.examine` found in a line. Offsets count from its start.
package struct Examination: Sendable, Equatable {
    package var outcome: Outcome
    /// How many bytes in front of the alert that `outcome` speaks of are the torn head of another one, lost in a crash
    /// of analysisd; 0 as a rule.
    package var damagedPrefix = 0
    /// Where more follows behind a complete alert, because a crash cut off just its newline: to be examined next, in a
    /// loop, for a broken line may hold very many. nil as a rule.
    package var next: Int?

    package init(outcome: Outcome, damagedPrefix: Int = 0, next: Int? = nil) {
        self.outcome = outcome
        self.damagedPrefix = damagedPrefix
        self.next = next
    }
}

/// From the bytes of a line to what is to be done with it: the one way for the follower, `replay` and `simulate`.
///
/// Pure, safe for any bytes, and usable from any thread. It does not count and does not log.
package struct AlertSelector: Sendable {
    private let settings: SelectionSettings
    private let prefilter: LinePrefilter?
    private let reader: AlertReader

    package init(_ settings: SelectionSettings) {
        self.settings = settings
        prefilter = LinePrefilter(settings)
        reader = AlertReader(addressFields: settings.addressFields)
    }

    /// - Parameter line: one line without its newline; a carriage return and spaces around it are allowed.
    package func examine(_ line: UnsafeRawBufferPointer) -> Examination {
        let end = line.lastIndex { !isASCIISpace($0) }.map { $0 + 1 } ?? 0
        let line = UnsafeRawBufferPointer(rebasing: line[..<end])
        guard !line.isEmpty, prefilter?.mayBeWanted(line) ?? true else { return Examination(outcome: .unwanted) }
        return examineWhole(line)
    }

    /// The same without the cheap test before it.
    func examineWhole(_ line: UnsafeRawBufferPointer) -> Examination {
        if let reading = reader.scan(line) { return Examination(outcome: outcome(reading)) }
        // Before the decoder, which would read all that is glued behind a complete alert only to refuse it.
        if let examination = whole(line) { return examination }
        let reading = reader.decode(line)
        if case .malformed = reading, let examination = afterTornHead(line) { return examination }
        return Examination(outcome: outcome(reading))
    }

    private func outcome(_ reading: AlertReading) -> Outcome {
        switch reading {
        case .malformed(let reason): .malformed(reason)
        case .noRule: .unwanted
        case .alert(let alert): outcome(alert)
        }
    }

    private func outcome(_ alert: Alert) -> Outcome {
        if settings.isOwnEvent(alert) { return .ownEvent(id: alert.eventID) }
        guard settings.filters.isEmpty || settings.filters.contains(where: { $0.passes(alert) }) else {
            return .unwanted
        }
        if settings.exclude.contains(where: { $0.passes(alert) }) { return .excluded }
        if alert.rule.hasGroup(SelectionSettings.feedbackGroup) { return .feedback }
        guard let address = settings.sourceAddress(of: alert) else { return .noAddress(alert) }
        return .taken(alert, address)
    }

    /// The complete alert in front of a line that goes on behind it.
    private func whole(_ line: UnsafeRawBufferPointer) -> Examination? {
        var cursor = JSONCursor(line)
        guard cursor.next == UInt8(ascii: "{"), cursor.skipValue(), !cursor.isAtEnd else { return nil }
        let front = reader.read(UnsafeRawBufferPointer(rebasing: line[..<cursor.position]))
        return Examination(outcome: outcome(front), next: cursor.position)
    }

    /// The complete alert at the end of a line that begins with half of another (`wazuh.md` §2).
    private func afterTornHead(_ line: UnsafeRawBufferPointer) -> Examination? {
        guard let start = AlertStart.ofLastWholeObject(in: line) else { return nil }
        let tail = reader.read(UnsafeRawBufferPointer(rebasing: line[start...]))
        return Examination(outcome: outcome(tail), damagedPrefix: start)
    }
}
