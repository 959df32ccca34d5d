internal import Glibc

/// Where alerts begin in a line: once, at its start, unless a crash of analysisd glued alerts together (`wazuh.md` §2).
///
/// Every alert begins with these bytes, and no string can hold them: JSON escapes its quotes. Only an object inside the
/// alert can begin so too, as Suricata's do.
enum AlertStart {
    private static let marker: StaticString = "{\"timestamp\":\""
    private static let openingBrace = Int32(UInt8(ascii: "{"))

    static func first(in line: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        guard let base = line.baseAddress else { return nil }
        var offset = offset
        while offset < line.count, let brace = memchr(base + offset, openingBrace, line.count - offset) {
            offset = UnsafeRawPointer(brace) - base
            if JSONCursor(line).holds(marker, at: offset) { return offset }
            offset += 1
        }
        return nil
    }

    /// Whether a second alert may be glued to the first. An object inside an alert, which follows a colon, comma or
    /// bracket, is told from one by its end: it is not the line's.
    static func isGlued(_ line: UnsafeRawBufferPointer) -> Bool {
        var offset = 1
        var inside = 0
        while let start = first(in: line, from: offset) {
            let before = line[start - 1]
            let mayBeInside =
                before == UInt8(ascii: ":") || before == UInt8(ascii: ",") || before == UInt8(ascii: "[")
            if !mayBeInside || isWholeObject(line, from: start) { return true }
            offset = start + marker.utf8CodeUnitCount
            inside += 1
            // Reading the line once costs less than measuring many objects one by one.
            if inside == 8 { return true }
        }
        return false
    }

    /// The last place from which the line is one whole object to its end; nil when there is none after the start.
    ///
    /// There is at most one such place: an object inside another cannot end where that ends.
    static func ofLastWholeObject(in line: UnsafeRawBufferPointer) -> Int? {
        var starts: [Int] = []
        var offset = 1
        while let start = first(in: line, from: offset) {
            starts.append(start)
            offset = start + marker.utf8CodeUnitCount
        }
        // The bound keeps hostile nesting from costing the square of the line.
        return starts.suffix(200).last { isWholeObject(line, from: $0) }
    }

    private static func isWholeObject(_ line: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var cursor = JSONCursor(line, at: start)
        return cursor.skipValue() && cursor.isAtEnd
    }
}
