package import Logging
import Synchronization

/// Level and format of the log, changed by a reload under the loggers that the stages hold.
package final class LogSettings: Sendable {
    private struct Values {
        var level = Logger.Level.info
        var json = false
    }

    private let values = Mutex(Values())
    let repeats = Mutex(LogRepeats())

    package init() {}

    package var level: Logger.Level { values.withLock { $0.level } }
    package var json: Bool { values.withLock { $0.json } }

    package func set(level: Logger.Level, json: Bool) {
        values.withLock { $0 = Values(level: level, json: json) }
        repeats.withLock { $0.reset() }
    }

    /// A logger for one part of the daemon.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { StandardErrorLog(label: $0, settings: self) }
    }
}

extension Logger.Level {
    init(_ level: Configuration.LogLevel) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
    }
}
