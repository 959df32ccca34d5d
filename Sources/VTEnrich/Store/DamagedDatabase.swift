import Foundation
import GRDB
import Glibc

/// Opens what is left of a damaged database for reading.
///
/// In place where its first page still says what is where. Otherwise in a copy with the first page of a new database: since
/// the same steps make every state, its tables begin at the same pages.
struct DamagedDatabase {
    let files: StateFiles

    /// nil when nothing can be read.
    func open() throws -> DatabaseQueue? {
        if let queue = try open(files.database, readOnly: true) { return queue }
        files.discard(files.patchedCopy)
        try makePatchedCopy()
        return try open(files.patchedCopy, readOnly: false)
    }

    private func open(_ path: String, readOnly: Bool) throws -> DatabaseQueue? {
        guard let facts = StateFiles.facts(path), facts.st_size > 0 else { return nil }
        var configuration = GRDB.Configuration()
        configuration.readonly = readOnly
        configuration.prepareDatabase { db in
            // Without it SQLite reads nothing at all of a file that was cut off.
            try db.execute(sql: "PRAGMA writable_schema = ON")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let tables = try queue.writeWithoutTransaction { try $0.columnNames(of: "pending") }
            return tables.isEmpty ? nil : queue
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            return nil
        }
    }

    private func makePatchedCopy() throws {
        let copy = files.patchedCopy
        var image = try newImage()
        for companion in ["", "-wal"] where StateFiles.facts(files.database + companion) != nil {
            try FileManager.default.copyItem(atPath: files.database + companion, toPath: copy + companion)
        }
        if StateFiles.facts(copy + "-wal") != nil { image.replaceSubrange(18..<20, with: [2, 2]) }
        // No free pages, and a size that SQLite is to take from the file.
        image.replaceSubrange(32..<40, with: [UInt8](repeating: 0, count: 8))
        image.replaceSubrange(92..<96, with: [0xFF, 0xFF, 0xFF, 0xFE])
        let descriptor = Glibc.open(copy, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw StoreError(errno: errno, "creating \(copy)", path: files.directory) }
        defer { close(descriptor) }
        // Behind the first page only what the file does not have: there the log may have more.
        let present = max(Self.pageSize, (StateFiles.facts(copy).map { Int($0.st_size) } ?? 0))
        for part in [0..<Self.pageSize, min(present, image.count)..<image.count] {
            let written = image[part].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(part.lowerBound))
            }
            guard written == part.count else {
                throw StoreError(errno: errno, "writing \(copy)", path: files.directory)
            }
        }
    }

    /// All bytes of a new database.
    private func newImage() throws -> [UInt8] {
        defer { files.discard(files.patchedCopy) }
        let queue = try DatabaseQueue(path: files.patchedCopy)
        try queue.write { try Schema.migrate($0) }
        try queue.close()
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: files.patchedCopy)))
    }

    private static let pageSize = 4096
}
