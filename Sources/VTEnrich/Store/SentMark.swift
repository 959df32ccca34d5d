import Glibc

/// How far a sink has sent, beside the database: sixteen bytes that are written for each datagram, where a transaction would cost
/// several pages. A crash repeats at most the datagram in flight (P3); after a power loss the hundred since the last
/// `Store.putAway` may repeat.
///
/// It speaks of one batch, whose number the database holds too (`sink.batch`) and changes with each `putAway`: beside another
/// database, an older copy or one that was rebuilt it says nothing. Used on the sink's queue.
package final class SentMark {
    private let path: String?
    private var descriptor: Int32 = -1
    /// Of the rows that are on their way.
    private(set) var batch: Int64?
    /// The last row of the batch that was sent; rows go out in the order of their ids.
    private(set) var last: Int64?

    private static let size = 2 * MemoryLayout<Int64>.size

    /// With what the last run left. `path` nil: in memory alone.
    init(path: String?) {
        self.path = path
        guard let path else { return }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return }
        defer { close(file) }
        var record = [Int64](repeating: 0, count: 2)
        // What cannot be read says nothing: the events since the last `putAway` are sent once more.
        guard read(file, &record, Self.size) == Self.size else { return }
        (batch, last) = (record[0], record[1])
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes sure that a send can be noted, its place on the disk included. To be called before anything is sent.
    package func prepare() throws(StoreError) {
        guard let path, descriptor < 0 else { return }
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw StoreError(errno: errno, "opening the mark", path: path) }
        guard batch == nil else { return }
        do throws(StoreError) {
            try write(0, 0, path)
        } catch {
            close(descriptor)
            descriptor = -1
            throw error
        }
    }

    /// The send of a row succeeded. Throws when that cannot be written down.
    package func note(_ id: Int64) throws(StoreError) {
        if let path { try write(batch ?? 0, id, path) }
        last = id
    }

    private func write(_ batch: Int64, _ id: Int64, _ path: String) throws(StoreError) {
        guard pwrite(descriptor, [batch, id], Self.size, 0) == Self.size else {
            throw StoreError(errno: errno, "noting a delivery", path: path)
        }
    }

    /// Everything before was put away.
    func begin(_ batch: Int64) {
        (self.batch, last) = (batch, nil)
    }
}
