import Logging

/// What is wrong at the moment, by subject: each is logged when it begins or changes, and then every ten minutes (F02).
struct Notices {
    enum Subject: Int, Hashable, Comparable {
        case path, rotated, reading, listing, watching, store, queue, quarantine

        static func < (left: Subject, right: Subject) -> Bool { left.rawValue < right.rawValue }
    }

    static let repeatAfter = 600.0

    private var current: [Subject: (text: String, loggedAt: Double)] = [:]
    let log: Logger

    init(log: Logger) { self.log = log }

    /// Those that are logged where they come from.
    private static let silent: Set<Subject> = [.store]

    /// `now` in boot seconds.
    mutating func report(_ subject: Subject, _ text: String, level: Logger.Level = .warning, now: Double) {
        if let known = current[subject], known.text == text, now - known.loggedAt < Self.repeatAfter { return }
        current[subject] = (text, now)
        guard !Self.silent.contains(subject) else { return }
        log.log(level: level, "\(text)")
    }

    /// `text` is logged when there was something to clear.
    mutating func clear(_ subject: Subject, _ text: @autoclosure () -> String) {
        guard current.removeValue(forKey: subject) != nil, !Self.silent.contains(subject) else { return }
        log.notice("\(text())")
    }

    subscript(subject: Subject) -> String? { current[subject]?.text }

    var texts: [String] { current.sorted { $0.key < $1.key }.map(\.value.text) }
}
