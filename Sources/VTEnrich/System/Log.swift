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
        journal = getenv("JOURNAL_STREAM") != nil
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let json = settings.json
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        var line = journal && !json ? "<\(Self.priority(event.level))>" : ""
        line += json ? jsonLine(event, fields) : textLine(event, fields)
        line += "\n"
        let written = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) } ?? -1
        if written != line.utf8.count { Self.lost.withLock { $0 += 1 } }
    }

    private func textLine(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var line = journal ? "" : "\(Timestamp.text(Date().timeIntervalSince1970)) \(event.level) "
        line += printable(event.message.description)
        for (key, value) in fields { line += " \(key)=\"\(printable(value.description))\"" }
        return line
    }

    private func jsonLine(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var object: [String: String] = [
            "time": Timestamp.text(Date().timeIntervalSince1970), "level": event.level.rawValue, "part": label,
            "message": event.message.description,
        ]
        for (key, value) in fields where object[key] == nil { object[key] = value.description }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

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
/// written as `\u{..}`, quotes as `\"`; at most 2,000 characters.
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
