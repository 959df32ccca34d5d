import Foundation
import GRDB
import VTEnrichCore

/// One table of a damaged database: how to read it piece by piece, and which rows can be believed.
struct SalvageTable {
    /// A part of the key's order: from `lower` on, before `upper`; nil: no limit.
    struct Range {
        var lower: DatabaseValue?
        var upper: DatabaseValue?

        var arguments: StatementArguments { StatementArguments([lower, upper].compactMap { $0 }) }
    }

    private struct Column {
        var name: String
        var type: String
    }

    let name: String
    private let key: Column
    private let columns: [Column]

    /// nil when the source has no such table.
    init?(_ name: String, source: Database, target: Database) throws {
        let known = (try? source.columnNames(of: name)) ?? []
        let rows = try Row.fetchAll(
            target, sql: "SELECT name, type, pk FROM pragma_table_info(?)", arguments: [name])
        columns = rows.map { Column(name: $0["name"], type: $0["type"]) }.filter { known.contains($0.name) }
        guard let keyRow = rows.first(where: { $0["pk"] == 1 }), known.contains(keyRow["name"]) else { return nil }
        key = Column(name: keyRow["name"], type: keyRow["type"])
        self.name = name
    }

    var insert: String {
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT OR IGNORE INTO \(name) (\(columnList)) VALUES (\(places))"
    }

    /// Through the table itself: an index may be damaged where the table is not.
    func select(_ range: Range, _ direction: String) -> String {
        let limits = [range.lower.map { _ in "\(key.name) >= ?" }, range.upper.map { _ in "\(key.name) < ?" }]
            .compactMap { $0 }
        let condition = limits.isEmpty ? "" : " WHERE " + limits.joined(separator: " AND ")
        return "SELECT \(columnList) FROM \(name) NOT INDEXED\(condition) ORDER BY \(key.name) \(direction)"
    }

    private var columnList: String { columns.map(\.name).joined(separator: ", ") }

    /// The key's order in about 250 parts.
    func ranges(in source: Database) -> [Range] {
        let bounds = key.type == "INTEGER" ? numbers(in: source) : texts(in: source)
        var ranges = zip(bounds, bounds.dropFirst()).map { Range(lower: $0, upper: $1) }
        ranges.insert(Range(lower: nil, upper: bounds[0]), at: 0)
        ranges.append(Range(lower: bounds[bounds.count - 1], upper: nil))
        return ranges
    }

    private func edge<Value: DatabaseValueConvertible>(_ function: String, in source: Database) -> Value? {
        try? Value.fetchOne(source, sql: "SELECT \(function)(\(key.name)) FROM \(name) NOT INDEXED")
    }

    private func numbers(in source: Database) -> [DatabaseValue] {
        let sequence = try? Int64.fetchOne(
            source, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [name])
        let low = edge("MIN", in: source) ?? Int64(0)
        let high = max(low, edge("MAX", in: source) ?? sequence ?? 1 << 40)
        let width = max(1, high.subtractingReportingOverflow(low).partialValue / 250)
        return Swift.stride(from: low, through: high, by: Int(width)).map(\.databaseValue)
    }

    /// By the first characters in which keys differ: ids of alerts begin with the time.
    private func texts(in source: Database) -> [DatabaseValue] {
        let (low, high): (String?, String?) = (edge("MIN", in: source), edge("MAX", in: source))
        // Where one end cannot be read, the day of the other.
        let common =
            low.flatMap { low in high.map { low.commonPrefix(with: $0) } } ?? String((low ?? high ?? "").dropLast(10))
        return Self.prefixes.map { (common + $0).databaseValue }
    }

    /// Of ids, addresses, dates, names and paths, in the order of their bytes.
    private static let prefixes: [String] = {
        let digits = "0123456789abcdef".map(String.init)
        return digits.flatMap { first in [first] + ([".", ":"] + digits).map { first + $0 } }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }()

    // MARK: What can be believed

    /// Pages that were overwritten can look like rows.
    func isPlausible(_ row: Row) -> Bool {
        for (column, value) in zip(columns, row.databaseValues) where !value.isNull {
            let fits =
                switch (column.type, value.storage) {
                case ("INTEGER", .int64), ("REAL", .double), ("REAL", .int64), ("TEXT", .string), ("BLOB", .blob): true
                case ("", _): true
                default: false
                }
            guard fits else { return false }
        }
        return (try? hasMeaning(row)) ?? false
    }

    private func hasMeaning(_ row: Row) throws -> Bool {
        switch name {
        case "meta":
            guard row["key"] == "event_key" else { return true }
            return Data.fromDatabaseValue(row["value"])?.count == 32
        case "checkpoint":
            let body: String = row["body"] ?? ""
            return try JSONDecoder().decode(Checkpoint.self, from: Data(body.utf8)).path == row["path"]
        case "pending":
            return EventSource(pending: row) != nil
        case "verdict":
            return IPAddress(row["address"] ?? "") != nil && CachedVerdict(row: row, decodedBy: FactsDecoder()) != nil
        case "spent":
            let requests: Int = row["requests"] ?? -1
            return requests >= 0 && requests < 100_000_000
        case "outbox":
            let body: Data = row["body"] ?? Data()
            return body.last == UInt8(ascii: "}") && String(validating: body, as: UTF8.self) != nil
        default:
            return true
        }
    }
}
