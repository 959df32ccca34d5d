import Glibc

/// One whole file of alerts, plain or compressed, read from start to end by the code that follows `alerts.json`: for `replay`
/// and `simulate`. Memory does not grow with the file.
package enum AlertFile {
    package struct Tally: Sendable, Equatable {
        /// Lines that are not empty, over-long ones included.
        package var lines = 0
        package var oversize = 0
        /// Pieces that are no text: NUL bytes in front of a line.
        package var malformed = 0
        /// Why a compressed file could not be read to its end.
        package var damage: String?

        package init() {}
    }

    /// Hands out each line. The end of a file counts as the end of its last line.
    package static func read(
        _ path: String, maxLineBytes: Int, line: (UnsafeRawBufferPointer) -> Void
    ) throws(FileError) -> Tally {
        let generation =
            try isCompressed(path)
            ? Generation(openingGzip: path, datedName: nil, work: LongWork()) : Generation(opening: path)
        let buffer = ReadBuffer()
        var lines = LineTally()
        var tally = Tally()
        reading: while true {
            switch try generation.next(using: buffer, maxLineBytes: maxLineBytes) {
            case .lines(let bytes):
                let count = Lines(bytes: bytes, maxLineBytes: maxLineBytes).forEach(&lines) {
                    line($0)
                    return true
                }
                generation.consume(count, of: bytes)
            case .nuls(_, let isFirst): tally.malformed += isFirst ? 1 : 0
            case .overlong: continue
            case .overlongEnd:
                tally.lines += 1
                tally.oversize += 1
            case .rewritten, .cut: throw FileError("read", path, .kind("changed while it was read"))
            case .end: break reading
            }
        }
        try finish(generation, maxLineBytes: maxLineBytes, &tally, line)
        tally.lines += lines.lines
        tally.oversize += lines.oversize
        tally.malformed += lines.nulRuns
        tally.damage = generation.gzip?.takeDamage()
        return tally
    }

    /// What follows the last newline.
    private static func finish(
        _ generation: Generation, maxLineBytes: Int, _ tally: inout Tally, _ line: (UnsafeRawBufferPointer) -> Void
    ) throws(FileError) {
        let count = Int(generation.partial)
        guard count > 0 else { return }
        tally.lines += 1
        guard count <= maxLineBytes else {
            tally.oversize += 1
            return
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { memory.deallocate() }
        let read = try generation.source.read(at: generation.offset, into: memory)
        line(UnsafeRawBufferPointer(rebasing: memory.prefix(read)))
    }

    /// By content, not by name: the first two bytes of gzip.
    private static func isCompressed(_ path: String) throws(FileError) -> Bool {
        let file = try OpenFile.open(path)
        defer { close(file.descriptor) }
        var magic: (UInt8, UInt8) = (0, 0)
        return pread(file.descriptor, &magic, 2, 0) == 2 && magic == (0x1F, 0x8B)
    }
}
