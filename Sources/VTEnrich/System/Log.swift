import Foundation
import Glibc
package import Logging
package import Synchronization

/// The log on standard error: one line an event, journal priorities under systemd, text or JSON. Values are escaped, since
/// some are the attacker's; a line goes out in one `write`, and one that cannot be written is counted, never waited for.
package struct StandardErrorLog: LogHandler {
    /// Of all loggers together: a reload changes it.
    package var logLevel: Logger.Level {
        get { settings.level }
        set { settings.set(level: newValue, json: settings.json) }
    }
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let settings: LogSettings
    private let journal: Bool

    /// Lines that standard error did not take (T08).
    package static let lost = Mutex(0)

    package init(label: String, settings: LogSettings) {
        self.label = label
        self.settings = settings
        journal = Self.isJournal
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let message = LogRepeats.Message(part: label, level: event.level, text: event.message.description)
        let now = Clock.system.boot()
        let (overdue, isAdmitted) = settings.repeats.withLock { ($0.overdue(now: now), $0.admit(message, now: now)) }
        for (earlier, times) in overdue where earlier != message {
            write(earlier, [("repeated", "\(times)")])
        }
        guard isAdmitted else { return }
        let times = overdue.first { $0.message == message }?.held ?? 0
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        write(message, fields.map { ($0.key, $0.value.description) } + (times > 0 ? [("repeated", "\(times)")] : []))
    }

    private func write(_ message: LogRepeats.Message, _ fields: [(key: String, value: String)]) {
        let json = settings.json
        var line = journal ? "<\(Self.priority(message.level))>" : ""
        line += json ? jsonLine(message, fields) : textLine(message, fields)
        line += "\n"
        let written = line.utf8.withContiguousStorageIfAvailable { Glibc.write(2, $0.baseAddress, $0.count) } ?? -1
        if written != line.utf8.count { Self.lost.withLock { $0 += 1 } }
    }

    private func textLine(_ message: LogRepeats.Message, _ fields: [(key: String, value: String)]) -> String {
        var line = journal ? "" : "\(Timestamp.text(Date().timeIntervalSince1970)) \(message.level) "
        line += printable(message.text)
        for (key, value) in fields { line += " \(key)=\"\(printable(value).replacing("\"", with: "\\\""))\"" }
        return line
    }

    /// Keys: time, level, part, message, and repeated where it came more often.
    private func jsonLine(_ message: LogRepeats.Message, _ fields: [(key: String, value: String)]) -> String {
        var object: [String: String] = [
            "time": Timestamp.text(Date().timeIntervalSince1970), "level": message.level.rawValue,
            "part": message.part, "message": message.text,
        ]
        for (key, value) in fields where object[key] == nil { object[key] = value }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(object)).map { terminalSafe(json: String(decoding: $0, as: UTF8.self)) } ?? "{}"
    }

    /// Whether standard error is the journal's own stream: the variable alone is inherited by whoever redirects it.
    private static let isJournal: Bool = {
        var facts = stat()
        guard let stream = getenv("JOURNAL_STREAM"), fstat(2, &facts) == 0 else { return false }
        return String(cString: stream) == "\(facts.st_dev):\(facts.st_ino)"
    }()

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// Text from outside as it may stand on a terminal or in a log line: control characters, escapes and direction marks are
/// written as `\u{..}`; at most 2,000 characters.
package func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(2_000) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
