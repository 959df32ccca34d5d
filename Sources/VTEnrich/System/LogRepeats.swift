import Logging

/// Holds back warnings and errors that repeat: the same message of the same part goes out at most once a minute, then with how
/// often it came meanwhile. What an administrator's own doing causes, the part `daemon` says, is never held back.
struct LogRepeats {
    struct Message: Hashable {
        var part: String
        var level: Logger.Level
        var text: String
    }

    /// Seconds.
    static let window = 60.0
    /// More different messages within a minute are not remembered, and go out.
    static let most = 500

    private var seen: [Message: (at: Double, held: Int)] = [:]

    /// Whether the message goes out now.
    mutating func admit(_ message: Message, now: Double) -> Bool {
        guard message.level >= .warning, message.part != "daemon" else { return true }
        if let known = seen[message], now - known.at < Self.window {
            seen[message] = (known.at, known.held + 1)
            return false
        }
        if seen.count < Self.most { seen[message] = (now, 0) }
        return true
    }

    /// Those whose minute is over and that came meanwhile, each once; forgets them, and those that came no more.
    mutating func overdue(now: Double) -> [(message: Message, held: Int)] {
        let over = seen.filter { now - $0.value.at >= Self.window }
        for message in over.keys { seen[message] = nil }
        return over.filter { $0.value.held > 0 }.map { ($0.key, $0.value.held) }
            .sorted { $0.message.text < $1.message.text }
    }

    /// New settings: what still is wrong is said again.
    mutating func reset() { seen = [:] }
}
