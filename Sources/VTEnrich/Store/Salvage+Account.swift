extension Salvage {
    /// What was taken over, what was not and what that means, for the log.
    /// - Parameter writtenAt: wall clock of the damaged file's last change.
    func account(writtenAt: Double?) -> String {
        let kept = Self.names.compactMap { table, name in rows[table].map { "\($0) \(name)" } }
        var sentences = [kept.isEmpty ? "Nothing could be read of it." : "Taken over: \(kept.joined(separator: ", "))."]
        if rows["checkpoint"] == nil {
            let since = writtenAt.map { " since \(Timestamp.text($0))" } ?? ""
            sentences.append(
                """
                The checkpoint is lost: following starts as on the very first start (alerts.start); with 'end' what was \
                written\(since) and not read is skipped, with 'beginning' what the file holds is sent again.
                """)
        }
        if !hasKey { sentences.append("The secret is lost: alerts that are read again get other event ids.") }
        for table in Self.tables {
            guard incomplete.contains(table) || refused[table] != nil, let loss = Self.losses[table] else { continue }
            sentences.append(loss)
        }
        return sentences.joined(separator: " ")
    }

    private static let names: KeyValuePairs = [
        "checkpoint": "checkpoint", "pending": "waiting alerts", "outbox": "events to send", "verdict": "verdicts",
        "spent": "days of the quota", "seen": "ids of accepted alerts",
    ]

    private static let losses = [
        "pending": "Alerts that waited for a verdict may be missing.",
        "outbox": "Events that were not sent may be missing.",
        "seen": "Alerts that are read again may be sent again.",
        "verdict": "Some addresses are looked up again.",
        "spent": "Requests already spent may be missing from the quota of the day and the month.",
        "request": "The quota of the minute starts empty.",
        "counter": "Counters start anew.",
    ]
}
