import CLinux
import Glibc

/// One physical file of alerts over its life: how far it is consumed, and the next piece of it.
///
/// Plain bytes are read again from the start of an unfinished line, with the bytes before it: so no line is ever glued
/// from two reads, and content that changed below us shows in the same read (F31). Confined to the follower's queue.
final class Generation {
    /// By which it was opened; for messages, and to open it again.
    let path: String
    let datedName: DatedName?
    private(set) var identity: FileIdentity
    private(set) var consumed = ConsumedContent()
    private(set) var source: ByteSource
    /// The most that was seen of it, in decompressed bytes for a `.gz`.
    private(set) var size: UInt64 = 0
    /// Bytes of an unfinished line after `offset`.
    private(set) var partial: UInt64 = 0
    /// Boot seconds since when nothing new was seen; set once it is no longer the newest.
    var quietSince: Double?

    /// A damaged `.gz` decompresses to lines that nobody wrote until its checksum says so at the end: true until it is known
    /// to be whole, which is found out at the first line that makes no sense.
    private(set) var mayBeMadeUp: Bool

    /// Inside a line that is too long: where its end is looked for.
    private var scan: ConsumedContent?
    private var isInNuls = false

    init(path: String, datedName: DatedName?, identity: FileIdentity, source: ByteSource) {
        self.path = path
        self.datedName = datedName
        self.identity = identity
        self.source = source
        mayBeMadeUp = if case .gzip = source { true } else { false }
    }

    deinit { source.close() }

    /// Opens a plain file at its beginning.
    convenience init(opening path: String, datedName: DatedName? = nil) throws(FileError) {
        let file = try OpenFile.open(path)
        self.init(
            path: path, datedName: datedName, identity: file.facts.identity,
            source: .plain(file.descriptor, path: path))
        size = file.facts.size
    }

    /// Opens a compressed one at its beginning.
    convenience init(openingGzip path: String, datedName: DatedName?, work: LongWork) throws(FileError) {
        let file = try OpenFile.open(path)
        self.init(
            path: path, datedName: datedName, identity: file.facts.identity,
            source: .gzip(GzipReader(descriptor: file.descriptor, path: path, work: work)))
    }

    var offset: UInt64 { consumed.offset }
    /// For messages: the dated name tells generations apart, the path does not.
    var name: String { datedName?.path ?? path }
    var mark: GenerationMark { consumed.mark(identity: identity, datedName: datedName?.path) }
    /// Bytes nobody has looked at yet; compressed files do not tell.
    var unread: UInt64 { size - min(size, offset + partial) }
    var gzip: GzipReader? { if case .gzip(let reader) = source { reader } else { nil } }

    /// Compares the file with a mark; where its content is the mark's, goes on there.
    func resume(at mark: GenerationMark) throws(FileError) -> Recognition {
        let seenSize = gzip == nil ? try facts().size : mark.offset
        let found = seenSize < mark.offset ? (false, false, ConsumedContent()) : try source.content(of: mark)
        let seen = SeenFile(
            identity: identity, size: seenSize, hasHead: found.0, hasMarker: found.1, isTelling: found.2.isTelling)
        var known = mark
        if gzip != nil { known.identity = identity }
        let result = known.recognise(seen)
        if result == .same || result == .moved {
            consumed = found.2
            size = max(seenSize, offset)
        }
        return result
    }

    /// Starts after the last complete line (`start: end`, F01).
    func skipToLastLine(using buffer: ReadBuffer) throws(FileError) {
        let end = try facts().size
        var start = end
        while start > 0 {
            let count = Int(min(start, UInt64(buffer.memory.count)))
            let read = try source.read(at: start - UInt64(count), into: buffer.prefix(count))
            guard read == count else { return }
            if let newline = vt_memrchr(buffer.memory.baseAddress, 10, count) {
                start = start - UInt64(count) + UInt64(newline - UnsafeRawPointer(buffer.memory.baseAddress!)) + 1
                break
            }
            start -= UInt64(count)
        }
        let head = try source.bytes(at: 0, count: Int(min(start, UInt64(ConsumedContent.headLimit))))
        let tailCount = Int(min(start, UInt64(ConsumedContent.tailLimit)))
        let tail = try source.bytes(at: start - UInt64(tailCount), count: tailCount)
        guard tail.count == tailCount else { return }
        consumed = ConsumedContent(offset: start, head: head, tail: tail)
    }

    /// Reads a `.gz` to its end to see whether its lines can be believed; where not, it ends at `offset`.
    func settleDoubt() throws(FileError) {
        guard let gzip, mayBeMadeUp else { return }
        if try gzip.isIntact() { mayBeMadeUp = false } else { gzip.distrust(from: offset) }
    }

    func facts() throws(FileError) -> FileFacts { try FileFacts.of(descriptor: source.descriptor, path: path) }

    /// Notes how far the file has grown (for lag, and for what a truncation took).
    func noteSize() throws(FileError) -> FileFacts {
        let facts = try facts()
        if gzip == nil, facts.size > size { size = facts.size }
        return facts
    }

    /// Starts at 0 again after the content changed; gives how many bytes seen in the file were not consumed, as far as known.
    func startAgain() -> UInt64 {
        let lost = size - min(size, offset)
        consumed = ConsumedContent()
        scan = nil
        isInNuls = false
        partial = 0
        if let facts = try? facts() {
            identity = facts.identity
            size = facts.size
        }
        return lost
    }

    // MARK: Pieces

    enum Piece {
        /// Whole lines from `offset` on, newlines included; `consume` says how many bytes of them were taken.
        case lines(UnsafeRawBufferPointer)
        /// This many NUL bytes at the start of a line were passed over; `isFirst` for the first piece of such a run.
        case nuls(Int, isFirst: Bool)
        /// This many bytes of an over-long line were passed over.
        case overlong(Int)
        /// The end of an over-long line: the offset is behind it.
        case overlongEnd(Int)
        /// No complete line beyond `offset`.
        case end
        /// The bytes before `offset` are not those consumed, or are gone.
        case rewritten
        /// This many bytes seen after `offset` are gone; what was consumed is still there.
        case cut(UInt64)
    }

    func next(using buffer: ReadBuffer, maxLineBytes: Int) throws(FileError) -> Piece {
        if let scan { return try scanOn(scan, using: buffer) }
        var room = buffer.pieceSize
        while true {
            let memory = buffer.prefix(room)
            guard let fresh = try read(after: consumed, into: memory) else { return .rewritten }
            if let gone = noteEnd(offset + UInt64(fresh.count), isEnd: consumed.tail.count + fresh.count < room) {
                return .cut(gone)
            }
            guard fresh.count > 0 else {
                partial = 0
                return .end
            }
            if fresh[0] == 0 { return passNuls(in: fresh, window: UnsafeRawBufferPointer(memory)) }
            if let newline = vt_memrchr(fresh.baseAddress, 10, fresh.count) {
                let count = newline - fresh.baseAddress! + 1
                partial = UInt64(fresh.count - count)
                return .lines(UnsafeRawBufferPointer(rebasing: fresh.prefix(count)))
            }
            partial = UInt64(fresh.count)
            if fresh.count > maxLineBytes + 1 {
                var scan = consumed
                scan.advance(by: fresh.count, in: window(memory, upTo: fresh))
                self.scan = scan
                return .overlong(fresh.count)
            }
            if consumed.tail.count + fresh.count < room { return .end }
            room = min(room * 2, ConsumedContent.tailLimit + maxLineBytes + 2)
        }
    }

    /// The first `count` bytes of the last `.lines` are taken.
    func consume(_ count: Int, of lines: UnsafeRawBufferPointer) {
        let lead = consumed.tail.count
        let window = UnsafeRawBufferPointer(start: lines.baseAddress! - lead, count: lead + count)
        consumed.advance(by: count, in: window)
        partial += UInt64(lines.count - count)
        isInNuls = false
    }

    private func passNuls(in fresh: UnsafeRawBufferPointer, window memory: UnsafeRawBufferPointer) -> Piece {
        var count = 0
        while count < fresh.count, fresh[count] == 0 { count += 1 }
        let nuls = UnsafeRawBufferPointer(rebasing: fresh.prefix(count))
        consumed.advance(by: count, in: window(memory, upTo: nuls))
        let isFirst = !isInNuls
        isInNuls = true
        partial = 0
        return .nuls(count, isFirst: isFirst)
    }

    private func scanOn(_ start: ConsumedContent, using buffer: ReadBuffer) throws(FileError) -> Piece {
        let memory = buffer.prefix(buffer.pieceSize)
        guard let fresh = try read(after: start, into: memory) else { return .rewritten }
        _ = noteEnd(start.offset + UInt64(fresh.count), isEnd: false)
        partial = start.offset - offset + UInt64(fresh.count)
        guard fresh.count > 0 else { return .end }
        var scan = start
        guard let newline = memchr(fresh.baseAddress!, 10, fresh.count) else {
            scan.advance(by: fresh.count, in: window(memory, upTo: fresh))
            self.scan = scan
            return .overlong(fresh.count)
        }
        let count = UnsafeRawPointer(newline) - fresh.baseAddress! + 1
        scan.advance(by: count, in: window(memory, upTo: UnsafeRawBufferPointer(rebasing: fresh.prefix(count))))
        consumed = scan
        self.scan = nil
        isInNuls = false
        partial = UInt64(fresh.count - count)
        return .overlongEnd(count)
    }

    /// The bytes after `known`, provided that those before it are still the known ones; nil otherwise.
    private func read(
        after known: ConsumedContent, into memory: UnsafeMutableRawBufferPointer
    ) throws(FileError) -> UnsafeRawBufferPointer? {
        let lead = known.tail.count
        let count = try source.read(at: known.offset - UInt64(lead), into: memory)
        guard count >= lead, lead == 0 || memcmp(known.tail, memory.baseAddress!, lead) == 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: memory[lead..<count])
    }

    /// Notes that bytes up to `end` were read; gives how many seen before are gone when the file ends there.
    private func noteEnd(_ end: UInt64, isEnd: Bool) -> UInt64? {
        defer { size = isEnd ? end : max(size, end) }
        return isEnd && end < size ? size - end : nil
    }

    private func window(
        _ memory: UnsafeMutableRawBufferPointer, upTo fresh: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        window(UnsafeRawBufferPointer(memory), upTo: fresh)
    }

    private func window(_ memory: UnsafeRawBufferPointer, upTo fresh: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer
    {
        let end = fresh.baseAddress! + fresh.count - memory.baseAddress!
        return UnsafeRawBufferPointer(rebasing: memory.prefix(end))
    }
}
