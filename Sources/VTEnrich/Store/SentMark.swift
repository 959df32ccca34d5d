import Glibc

/// How far a sink has sent, beside the database: sixteen bytes that are written for each datagram, where a transaction would cost
/// several pages. So a kill repeats at most the datagram in flight (P3).
///
/// It speaks of one batch, whose number the database holds too (`sink.batch`) and changes with each `Store.putAway`; and of rows that
/// were there when the state was opened. Beside another database, a rebuilt one, or one that lost its last moments, it does not
/// take for sent what was not; at worst events are repeated. Used on the sink's queue, but for its making.
package final class SentMark {
    private let path: String?
    private var descriptor: Int32 = -1
    /// Of the rows that are on their way.
    private(set) var batch: Int64?
    /// The last row of the batch that was sent; rows go out in the order of their ids.
    private(set) var last: Int64?
    /// Why nothing is known of the last run's sends: some may be repeated.
    private(set) var loss: StoreError?

    private static let size = 2 * MemoryLayout<Int64>.size

    /// With what the last run left.
    /// - Parameters:
    ///   - path: nil: in memory alone.
    ///   - newest: the newest row of the outbox when the state was opened: a later one, which a database has lost that went back,
    ///     may come again as another.
    init(path: String?, newest: Int64) {
        self.path = path
        guard let path else { return }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno != ENOENT { loss = StoreError(errno: errno, "opening the mark of what was sent", path: path) }
            return
        }
        defer { close(file) }
        var record = [Int64](repeating: 0, count: 2)
        let count = read(file, &record, Self.size)
        guard count == Self.size else {
            loss = StoreError(errno: count < 0 ? errno : EIO, "reading the mark of what was sent", path: path)
            return
        }
        (batch, last) = (record[0], min(record[1], newest))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes sure that a send can be noted, its place on the disk included, also after somebody deleted the file. To be called
    /// before anything is sent; costs two `stat` when all is well.
    package func prepare() throws(StoreError) {
        guard let path, !isInPlace(path) else { return }
        if descriptor >= 0 { close(descriptor) }
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw StoreError(errno: errno, "opening the mark", path: path) }
        do throws(StoreError) {
            try write(last ?? 0, path)
        } catch {
            close(descriptor)
            descriptor = -1
            throw error
        }
    }

    private func isInPlace(_ path: String) -> Bool {
        var (ours, found) = (stat(), stat())
        return descriptor >= 0 && fstat(descriptor, &ours) == 0 && lstat(path, &found) == 0
            && ours.st_ino == found.st_ino && ours.st_dev == found.st_dev
    }

    /// The send of a row succeeded. Throws when that cannot be written down.
    package func note(_ id: Int64) throws(StoreError) {
        if let path { try write(id, path) }
        last = id
    }

    private func write(_ id: Int64, _ path: String) throws(StoreError) {
        let count = pwrite(descriptor, [batch ?? 0, id], Self.size, 0)
        guard count == Self.size else {
            throw StoreError(errno: count < 0 ? errno : ENOSPC, "noting a delivery", path: path)
        }
    }

    /// Everything before was put away.
    func begin(_ batch: Int64) {
        (self.batch, last) = (batch, nil)
    }
}
