import Glibc

/// The bytes of a generation by their offset, plain or compressed.
enum ByteSource {
    case plain(Int32, path: String)
    case gzip(GzipReader)

    /// Fills `buffer` from `offset` on, less only at the end of the file. Short and interrupted reads are invisible (T18).
    /// A compressed file is read forward; going back begins anew.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        switch self {
        case .gzip(let reader):
            return try reader.read(at: offset, into: buffer)
        case .plain(let descriptor, let path):
            var filled = 0
            while filled < buffer.count {
                let count = pread(
                    descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset) + off_t(filled))
                if count > 0 {
                    filled += count
                } else if count == 0 {
                    break
                } else if errno != EINTR {
                    throw FileError("read", path, errno)
                }
            }
            return filled
        }
    }

    var descriptor: Int32 {
        switch self {
        case .plain(let descriptor, _): descriptor
        case .gzip(let reader): reader.descriptor
        }
    }

    func close() {
        Glibc.close(descriptor)
    }

    /// `mark.head` and `mark.marker` compared with the bytes there; with the content when both agree.
    func content(of mark: GenerationMark) throws(FileError) -> (
        hasHead: Bool, hasMarker: Bool, content: ConsumedContent
    ) {
        let head = try bytes(at: 0, count: mark.head.length)
        guard Fingerprint(of: head[...]) == mark.head else { return (false, false, ConsumedContent()) }
        let tail = try bytes(at: mark.offset - min(mark.offset, UInt64(mark.marker.length)), count: mark.marker.length)
        let hasMarker = Fingerprint(of: tail[...]) == mark.marker
        return (true, hasMarker, ConsumedContent(offset: mark.offset, head: head, tail: tail))
    }

    func bytes(at offset: UInt64, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, min(count, ConsumedContent.tailLimit)))
        var failure: FileError?
        let filled = bytes.withUnsafeMutableBytes { buffer -> Int in
            do throws(FileError) { return try read(at: offset, into: buffer) } catch { failure = error }
            return 0
        }
        if let failure { throw failure }
        return Array(bytes.prefix(filled))
    }
}
