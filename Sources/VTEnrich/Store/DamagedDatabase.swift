import Foundation
import GRDB
import Glibc

/// Opens what is left of a damaged database for reading.
///
/// In place where its list of tables can still be read. Otherwise in a copy whose first page says where the tables begin:
/// since the same steps make every state, they begin at the same pages in each.
struct DamagedDatabase {
    let files: StateFiles

    private static let pageSize = 4096

    /// nil when nothing can be read.
    func open() throws -> DatabaseQueue? {
        let tables = try TableList.ofState()
        if let queue = try open(files.database, readOnly: true, tables) { return queue }
        guard try makePatchedCopy(tables) else { return nil }
        return try open(files.patchedCopy, readOnly: false, tables)
    }

    /// nil when it cannot be read or does not know all tables.
    private func open(_ path: String, readOnly: Bool, _ tables: TableList) throws -> DatabaseQueue? {
        guard let facts = StateFiles.facts(path), facts.st_size > 0 else { return nil }
        var configuration = GRDB.Configuration()
        configuration.readonly = readOnly
        configuration.prepareDatabase { db in
            // Without it SQLite reads nothing at all of a file that was cut off.
            try db.execute(sql: "PRAGMA writable_schema = ON")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let known = try queue.writeWithoutTransaction { try TableList.names(in: $0) }
            return known.isSuperset(of: tables.names) ? queue : nil
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            return nil
        }
    }

    /// False when there is nothing to copy.
    private func makePatchedCopy(_ tables: TableList) throws -> Bool {
        let copy = files.patchedCopy
        files.discard(copy)
        let page = try firstPage(tables)
        let parts = ["", "-wal"].filter { StateFiles.facts(files.database + $0).map { $0.st_size > 0 } ?? false }
        guard !parts.isEmpty else { return false }
        for part in parts {
            try FileManager.default.copyItem(atPath: files.database + part, toPath: copy + part)
        }
        if parts.contains("-wal") {
            // The log is written into the copy first, since it may hold a first page of its own.
            try patch(copy, page, isLogged: true, tables)
            if let queue = try? DatabaseQueue(path: copy) { try? queue.close() }
            unlink(copy + "-wal")
            unlink(copy + "-shm")
        }
        try patch(copy, page, isLogged: false, tables)
        return true
    }

    private func patch(_ copy: String, _ page: [UInt8], isLogged: Bool, _ tables: TableList) throws {
        var page = page
        page.replaceSubrange(18..<20, with: isLogged ? [2, 2] : [1, 1])
        // A size that SQLite takes from the file.
        page.replaceSubrange(92..<96, with: [0xFF, 0xFF, 0xFF, 0xFE])
        let descriptor = Glibc.open(copy, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw StoreError(errno: errno, "creating \(copy)", path: files.directory) }
        defer { close(descriptor) }
        // SQLite refuses a list with a table that begins behind the end.
        let size = max(lseek(descriptor, 0, SEEK_END), off_t(tables.lastRoot * Self.pageSize))
        guard pwrite(descriptor, page, page.count, 0) == page.count, ftruncate(descriptor, size) == 0 else {
            throw StoreError(errno: errno, "writing \(copy)", path: files.directory)
        }
    }

    /// A first page that holds the whole list of tables.
    private func firstPage(_ tables: TableList) throws -> [UInt8] {
        let path = files.patchedCopy
        defer { files.discard(path) }
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA page_size = \(Self.pageSize)")
            try db.execute(sql: "PRAGMA writable_schema = ON")
            for table in tables.tables {
                try db.execute(
                    sql: "INSERT INTO sqlite_master VALUES ('table', ?, ?, ?, ?)",
                    arguments: [table.name, table.name, table.root, table.sql])
            }
        }
        try queue.close()
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        guard file.count == Self.pageSize else {
            throw StoreError(.other, "the list of tables does not fit on the first page of a database")
        }
        return [UInt8](file)
    }
}

/// The tables of a state and the pages they begin at.
struct TableList {
    struct Table {
        var name: String
        var root: Int
        /// Enough to read it by.
        var sql: String
    }

    var tables: [Table]

    var names: Set<String> { Set(tables.map(\.name)) }
    var lastRoot: Int { tables.map(\.root).max() ?? 0 }

    /// Of a new one, in memory.
    static func ofState() throws -> TableList {
        try DatabaseQueue().write { db in
            try Schema.migrate(db)
            let rows = try Row.fetchAll(
                db, sql: "SELECT name, rootpage, sql FROM sqlite_master WHERE type = 'table' ORDER BY rootpage")
            return TableList(
                tables: try rows.map { row in
                    let withoutRowID = (row["sql"] as String).contains("WITHOUT ROWID") ? " WITHOUT ROWID" : ""
                    return Table(
                        name: row["name"], root: row["rootpage"],
                        sql: try create(row["name"], in: db) + withoutRowID)
                })
        }
    }

    static func names(in db: Database) throws -> Set<String> {
        try String.fetchSet(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
    }

    private static func create(_ name: String, in db: Database) throws -> String {
        let columns = try Row.fetchAll(
            db, sql: "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", arguments: [name])
        let key = columns.filter { $0["pk"] > 0 }.sorted { ($0["pk"] as Int) < ($1["pk"] as Int) }
        var parts = columns.map { "\($0["name"] as String) \($0["type"] as String)" }
        if !key.isEmpty { parts.append("PRIMARY KEY (\(key.map { $0["name"] as String }.joined(separator: ", ")))") }
        return "CREATE TABLE \(name)(\(parts.joined(separator: ",")))"
    }
}
