/// The one buffer that all generations are read through: as large as a piece, and larger only for a long line.
final class ReadBuffer {
    let pieceSize: Int
    private(set) var memory: UnsafeMutableRawBufferPointer

    /// - Parameter pieceSize: more than the bytes before the offset that are read again (`ConsumedContent.tailLimit`).
    init(pieceSize: Int = 256 * 1024) {
        self.pieceSize = pieceSize
        memory = .allocate(byteCount: pieceSize, alignment: 4096)
    }

    deinit { memory.deallocate() }

    func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 4096)
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory.prefix(count))
    }
}
