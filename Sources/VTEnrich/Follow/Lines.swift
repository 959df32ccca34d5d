import Glibc

/// What splitting a run of lines counted.
struct LineTally: Equatable {
    /// Lines that are not empty, over-long ones included.
    var lines = 0
    var oversize = 0
    /// Lines with NUL bytes in front, left by a hole in the file (F34).
    var nulRuns = 0
}

/// A run of whole lines, as a piece of a file gives them: the last byte is a newline.
struct Lines {
    let bytes: UnsafeRawBufferPointer
    /// Longer ones are counted, not handed out.
    let maxLineBytes: Int

    /// Hands out each line without `\n`, `\r\n` and leading NULs; empty ones are passed over. `body` says whether to go on.
    /// Gives how many bytes were taken: up to the end of the last line handed out.
    @inline(__always)
    func forEach(_ tally: inout LineTally, _ body: (UnsafeRawBufferPointer) -> Bool) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let end = base + bytes.count
        var start = base
        while start < end, let newline = memchr(start, 10, end - start) {
            let line = UnsafeRawPointer(newline)
            let goesOn = hand(start, line, &tally, body)
            start = line + 1
            if !goesOn { break }
        }
        return start - base
    }

    @inline(__always)
    private func hand(
        _ start: UnsafeRawPointer, _ newline: UnsafeRawPointer, _ tally: inout LineTally,
        _ body: (UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        var first = start
        var count = newline - start
        if count > 0, (newline - 1).load(as: UInt8.self) == 13 { count -= 1 }
        if count > 0, first.load(as: UInt8.self) == 0 {
            tally.nulRuns += 1
            while count > 0, first.load(as: UInt8.self) == 0 {
                first += 1
                count -= 1
            }
        }
        guard count > 0 else { return true }
        tally.lines += 1
        guard count <= maxLineBytes else {
            tally.oversize += 1
            return true
        }
        return body(UnsafeRawBufferPointer(start: first, count: count))
    }
}
