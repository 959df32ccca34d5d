import GRDB
import VTEnrichCore

extension Store {
    /// The figures of `seconds` before `now` and of the day in which they begin.
    package func report(seconds: Double, now: Double) throws(StoreError) -> ReportData {
        let from = ((now - seconds) / 86_400).rounded(.down) * 86_400
        var data = ReportData(from: from, to: now)
        let days = TallyBook.day(from)...max(TallyBook.day(from), TallyBook.day(now))
        try read("reading the report's figures") { db in
            for row in try Row.fetchAll(
                db, sql: "SELECT * FROM hourly WHERE hour BETWEEN ? AND ?",
                arguments: [days.lowerBound * 24, days.upperBound * 24 + 23])
            {
                data.hours[row["hour"], default: [:]][row["what"]] = row["alerts"]
            }
            for row in try Row.fetchAll(
                db, sql: "SELECT bucket, SUM(alerts) FROM waited WHERE day BETWEEN ? AND ? GROUP BY bucket",
                arguments: [days.lowerBound, days.upperBound])
            {
                data.waits[row[0]] = row[1]
            }
            for subject in Subject.allCases { data.names[subject] = try Self.ranking(subject, days, in: db) }
            for row in data.names[.address]?.rows ?? [] {
                data.verdicts[row.name] = try cachedVerdict(for: row.name, in: db)
            }
            data.days = try Row.fetchAll(
                db, sql: "SELECT * FROM spent WHERE date BETWEEN ? AND ? ORDER BY date",
                arguments: [UTCDate(wall: from).description, UTCDate(wall: now).description]
            ).map { ReportData.QuotaDay(date: $0["date"], ours: $0["requests"], others: $0["others"]) }
        }
        data.pending = pending
        return data
    }

    /// Names that a report lists of one subject.
    private static let rowsListed = 15

    private static func ranking(
        _ subject: Subject, _ days: ClosedRange<Int>, in db: Database
    ) throws -> ReportData.Ranking {
        var ranking = ReportData.Ranking()
        let period: StatementArguments = [subject.rawValue, days.lowerBound, days.upperBound]
        let all = try Row.fetchOne(
            db,
            sql:
                "SELECT IFNULL(SUM(alerts), 0), IFNULL(SUM(floor), 0) FROM top_day WHERE kind = ? AND day BETWEEN ? AND ?",
            arguments: period)
        (ranking.alerts, ranking.floor) = (all?[0] ?? 0, all?[1] ?? 0)
        ranking.kept =
            try Int.fetchOne(
                db, sql: "SELECT COUNT(DISTINCT name) FROM top WHERE kind = ? AND day BETWEEN ? AND ?",
                arguments: period)
            ?? 0
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT name, label, SUM(top.alerts) AS alerts, SUM(malicious) AS malicious, SUM(excess) AS excess,
                    SUM(floor) AS floors, MAX(day)
                FROM top JOIN top_day USING (day, kind) WHERE kind = ? AND day BETWEEN ? AND ?
                GROUP BY name ORDER BY SUM(top.alerts) DESC, name LIMIT \(rowsListed)
                """, arguments: period)
        // On a day on which it is not kept, a name may have had as many alerts as the floor says.
        ranking.rows = rows.map { row in
            let (alerts, excess, floors): (Int, Int, Int) = (row["alerts"], row["excess"], row["floors"])
            return ReportData.Ranking.Row(
                name: row["name"], label: row["label"], malicious: row["malicious"], atLeast: alerts - excess,
                atMost: alerts + ranking.floor - floors)
        }
        return ranking
    }
}
