internal import Glibc

/// Where alerts begin in a line: once, at its start, unless a crash of analysisd glued alerts together (`wazuh.md` §2).
///
/// Every alert begins with these bytes, and no string can hold them: JSON escapes its quotes. Only an object inside the
/// alert can begin so too, as Suricata's do.
enum AlertStart {
    private static let marker: StaticString = "{\"timestamp\":\""

    static func isAt(_ offset: Int, in line: UnsafeRawBufferPointer) -> Bool {
        var cursor = JSONCursor(line, at: offset)
        return cursor.take(marker)
    }

    static func first(in line: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        guard let base = line.baseAddress else { return nil }
        var offset = offset
        while offset < line.count, let brace = memchr(base + offset, 0x7b, line.count - offset) {
            offset = UnsafeRawPointer(brace) - base
            if isAt(offset, in: line) { return offset }
            offset += 1
        }
        return nil
    }

    /// Whether a second alert may be glued to the first. An object inside an alert, which follows a colon, comma or
    /// bracket, is told from one by what comes after its timestamp: `rule` in every alert.
    static func isGlued(_ line: UnsafeRawBufferPointer) -> Bool {
        var offset = 1
        while let start = first(in: line, from: offset) {
            let before = line[start - 1]
            let mayBeInside =
                before == UInt8(ascii: ":") || before == UInt8(ascii: ",") || before == UInt8(ascii: "[")
            if !mayBeInside || startsAlert(line, at: start) { return true }
            offset = start + marker.utf8CodeUnitCount
        }
        return false
    }

    private static func startsAlert(_ line: UnsafeRawBufferPointer, at start: Int) -> Bool {
        var cursor = JSONCursor(line, at: start)
        return cursor.take("{\"timestamp\":") && cursor.string() != nil && cursor.take(",\"rule\":{")
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
        return starts.suffix(1000).last { start in
            var cursor = JSONCursor(line, at: start)
            return cursor.skipValue() && cursor.isAtEnd
        }
    }
}
