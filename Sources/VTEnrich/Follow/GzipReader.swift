import CZlib
import Glibc

/// The decompressed bytes of a rotated `.gz`, by offset, read forward in constant memory; several members are one stream.
///
/// Damage ends the stream like an end of file, with `damage` saying where: what was readable before it counts (F41).
final class GzipReader {
    let descriptor: Int32
    let path: String
    private var damage: String?
    /// Compressed bytes that could not be read because of the damage.
    private(set) var unreadable: UInt64 = 0

    private var stream = z_stream()
    private var input: UnsafeMutableRawBufferPointer
    private var inputOffset: UInt64 = 0
    private var hasEnded = false
    private var hasToldDamage = false
    private let work: LongWork
    private var insideMember = false
    /// The decompressed bytes from `windowStart` on.
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    /// Takes over the descriptor; the owner closes it.
    init(descriptor: Int32, path: String, work: LongWork) {
        self.descriptor = descriptor
        self.work = work
        self.path = path
        input = .allocate(byteCount: 65_536, alignment: 16)
        // 47: any window size, gzip or zlib header.
        inflateInit2_(&stream, 47, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        inflateEnd(&stream)
        input.deallocate()
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        if offset < windowStart { rewind() }
        try drop(before: offset)
        while window.count < buffer.count, !hasEnded { try inflateMore(atMost: buffer.count - window.count) }
        let count = windowStart == offset ? min(window.count, buffer.count) : 0
        window.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        return count
    }

    private func drop(before offset: UInt64) throws(FileError) {
        while windowStart < offset {
            let unwanted = Int(min(offset - windowStart, UInt64(window.count)))
            window.removeFirst(unwanted)
            windowStart += UInt64(unwanted)
            if windowStart < offset {
                if hasEnded { return }
                try inflateMore(atMost: Int(min(offset - windowStart, 262_144)))
            }
        }
    }

    /// What is wrong with the file, told once.
    func takeDamage() -> String? {
        defer { hasToldDamage = true }
        return hasToldDamage ? nil : damage
    }

    /// Whether all of the file can be decompressed and agrees with its checksums. Reads it from start to end.
    func isIntact() throws(FileError) -> Bool {
        let other = GzipReader(descriptor: descriptor, path: path, work: work)
        while !other.hasEnded {
            other.windowStart += UInt64(other.window.count)
            other.window.removeAll(keepingCapacity: true)
            try other.inflateMore(atMost: 262_144)
        }
        return other.damage == nil
    }

    /// Ends the stream at a line that makes no sense in a file that is not intact: what follows is made up by the damage.
    func distrust(from offset: UInt64) {
        guard offset >= windowStart else { return }
        window.removeLast(max(0, window.count - Int(offset - windowStart)))
        stop("is damaged")
    }

    private func rewind() {
        inflateReset(&stream)
        stream.avail_in = 0
        inputOffset = 0
        hasEnded = false
        insideMember = false
        damage = nil
        unreadable = 0
        window.removeAll(keepingCapacity: true)
        windowStart = 0
    }

    /// One step: more input if there is none left, then what it gives.
    private func inflateMore(atMost count: Int) throws(FileError) {
        guard !work.shallEnd else { throw FileError("read", path, ECANCELED) }
        work.step()
        if stream.avail_in == 0, try !refill() {
            if insideMember || (windowStart == 0 && window.isEmpty) { stop("ends in the middle") }
            hasEnded = true
            return
        }
        if !insideMember, skipsPadding() { return }
        insideMember = true
        let old = window.count
        let room = max(count, 16_384)
        window.append(contentsOf: repeatElement(0, count: room))
        let status = window.withUnsafeMutableBytes { bytes in
            stream.next_out = (bytes.baseAddress! + old).assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room)
            return inflate(&stream, Z_NO_FLUSH)
        }
        window.removeLast(Int(stream.avail_out))
        switch status {
        case Z_OK, Z_BUF_ERROR:
            break
        case Z_STREAM_END:
            insideMember = false
            inflateReset(&stream)
        default:
            stop("is damaged")
        }
    }

    /// Zeros after a member are padding (gzip(1) ignores them too).
    private func skipsPadding() -> Bool {
        guard stream.next_in.pointee == 0 else { return false }
        while stream.avail_in > 0, stream.next_in.pointee == 0 {
            stream.next_in += 1
            stream.avail_in -= 1
        }
        return true
    }

    private func stop(_ fault: String) {
        hasEnded = true
        let size = (try? FileFacts.of(descriptor: descriptor, path: path).size) ?? inputOffset
        unreadable = size - min(size, inputOffset - UInt64(stream.avail_in))
        damage = "\(path) \(fault) after \(windowStart + UInt64(window.count)) decompressed bytes"
    }

    private func refill() throws(FileError) -> Bool {
        let count = try ByteSource.plain(descriptor, path: path).read(at: inputOffset, into: input)
        inputOffset += UInt64(count)
        stream.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = UInt32(count)
        return count > 0
    }
}
