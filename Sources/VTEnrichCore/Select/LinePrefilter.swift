/// The cheap test before a line is parsed: reads its `rule` and its `location` and tells whether any filter can want it.
///
/// Implied by the filters: a line that is turned away would not have been taken, nor been an event of ours. What does not
/// look as analysisd prints it goes on to the full path: no `{"timestamp"` in front, `rule` not second, `location` not
/// last, or perhaps two alerts in one line. One exception: of two `location` keys, which analysisd never writes, the last one
/// counts here, the first one there. Of a line that is turned away the rest is not looked at, valid or not.
struct LinePrefilter: Sendable {
    private let filters: [AlertFilter]
    /// The groups that matter, one bit each: first our own, then those of the filters.
    private let words: [[UInt8]]
    /// For each filter the bits of its groups; nil where it names none.
    private let groupBits: [UInt64?]
    private let ownLocation: [UInt8]

    /// nil when every alert is wanted, and when the filters name more groups than there are bits.
    init?(_ settings: SelectionSettings) {
        var words = [Array(SelectionSettings.ownGroup.utf8)]
        groupBits = settings.filters.map { filter in
            filter.groups?.reduce(into: UInt64(0)) { bits, group in
                let word = Array(group.trimmed.utf8)
                let index = words.firstIndex(of: word) ?? words.endIndex
                if index == words.endIndex { words.append(word) }
                bits |= 1 << UInt64(index)
            }
        }
        guard !settings.filters.isEmpty, words.count <= UInt64.bitWidth else { return nil }
        self.words = words
        filters = settings.filters
        ownLocation = Array(settings.ownLocation.utf8)
    }

    /// - Parameter line: without line end and spaces around it.
    func mayBeWanted(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let text = location(line) else { return true }
        let cursor = JSONCursor(line)
        guard text.escaped else { return mayBeWanted(line, at: cursor.raw(text)) }
        return Array(cursor.decoded(text).utf8).withUnsafeBytes { mayBeWanted(line, at: $0) }
    }

    private func mayBeWanted(_ line: UnsafeRawBufferPointer, at location: UnsafeRawBufferPointer) -> Bool {
        guard !location.elementsEqual(ownLocation), let rule = rule(line) else { return true }
        if rule.groups & 1 != 0 { return true }
        for index in filters.indices where mayPass(index, rule, location) { return true }
        return AlertStart.isGlued(line)
    }

    private func mayPass(_ index: Int, _ rule: Rule, _ location: UnsafeRawBufferPointer) -> Bool {
        if let bits = groupBits[index], bits & rule.groups == 0 { return false }
        if !filters[index].passes(level: rule.level) || !filters[index].passes(ruleNumber: rule.number) { return false }
        return filters[index].location.map { $0.matches(location) } ?? true
    }

    private struct Rule {
        var level: Int
        var number: Int?
        /// The bits of `words`.
        var groups: UInt64
    }

    /// nil when the rule is not as analysisd prints it: second in the line, its level in front.
    private func rule(_ line: UnsafeRawBufferPointer) -> Rule? {
        var cursor = JSONCursor(line)
        guard cursor.take("{\"timestamp\":"), cursor.string() != nil, cursor.take(",\"rule\":{\"level\":"),
            let level = cursor.smallNumber()
        else { return nil }
        var id: JSONCursor.Text?
        var groups: UInt64?
        while cursor.take(UInt8(ascii: ",")) {
            guard let key = cursor.key(), !key.escaped else { return nil }
            if id == nil, cursor.is(key, "id") {
                guard let text = cursor.string(), !text.escaped else { return nil }
                id = text
            } else if groups == nil, cursor.is(key, "groups") {
                guard let bits = groupBits(&cursor) else { return nil }
                groups = bits
            } else if !cursor.skipValue() {
                return nil
            }
            if let id, let groups {
                return Rule(level: level, number: AlertFilter.ruleNumber(cursor.raw(id)), groups: groups)
            }
        }
        return nil
    }

    private func groupBits(_ cursor: inout JSONCursor) -> UInt64? {
        guard cursor.take(UInt8(ascii: "[")) else { return nil }
        var bits: UInt64 = 0
        repeat {
            guard let text = cursor.string() else { return nil }
            if text.escaped {
                bits |= Array(cursor.decoded(text).utf8).withUnsafeBytes(bit)
            } else {
                bits |= bit(cursor.raw(text))
            }
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: "]")) ? bits : nil
    }

    private func bit(_ group: UnsafeRawBufferPointer) -> UInt64 {
        let group = trimmed(group)
        let index = words.firstIndex { $0.count == group.count && $0.elementsEqual(group) }
        return index.map { 1 << UInt64($0) } ?? 0
    }

    /// The line's location, when it is the last thing in it, as analysisd prints it.
    private func location(_ line: UnsafeRawBufferPointer) -> JSONCursor.Text? {
        // From the text's last byte to the quote before it.
        var quote = line.count - 3
        while quote > 0, line[quote] != UInt8(ascii: "\"") { quote -= 1 }
        let key: StaticString = ",\"location\":"
        guard quote > key.utf8CodeUnitCount else { return nil }
        var cursor = JSONCursor(line, at: quote - key.utf8CodeUnitCount)
        guard cursor.take(key), let text = cursor.string(), cursor.take(UInt8(ascii: "}")), cursor.isAtEnd
        else { return nil }
        return text
    }

    private func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var range = bytes.indices
        while let first = range.first, isASCIISpace(bytes[first]) { range.removeFirst() }
        while let last = range.last, isASCIISpace(bytes[last]) { range.removeLast() }
        return UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}
