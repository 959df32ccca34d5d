/// One thing to say about a configuration file: where, about which key, and what to do.
package struct ConfigurationIssue: Error, Sendable, Equatable {
    package enum Severity: Sendable { case error, warning }

    package var severity: Severity
    package var file: String
    /// From 1, as an editor counts; nil when the whole file is meant.
    package var line: Int?
    /// From 1, in characters of the line.
    package var column: Int?
    /// Dotted, as in `virustotal.quota.per_day`; empty where no key is concerned.
    package var key: String
    /// Never holds a secret: what is echoed of the file is short and escaped.
    package var message: String

    package init(
        _ severity: Severity, file: String, line: Int? = nil, column: Int? = nil, key: String = "", message: String
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
    }
}

extension ConfigurationIssue: CustomStringConvertible {
    /// `file:line:column: key: message`; a warning says so before the key.
    package var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        return ([place] + (severity == .warning ? ["warning"] : []) + (key.isEmpty ? [] : [key]) + [message])
            .joined(separator: ": ")
    }
}

/// Why a configuration is refused: at least one error, with the warnings beside it, in the order of the file.
package struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    package let issues: [ConfigurationIssue]

    package init(_ issues: [ConfigurationIssue]) {
        self.issues = issues
    }

    package var description: String { issues.map(\.description).joined(separator: "\n") }
}

extension String {
    /// For messages: quoted, control characters escaped, at most 60 characters.
    var quotedForMessage: String {
        "'" + printable(String(unicodeScalars.prefix(60))) + (unicodeScalars.count > 60 ? "…'" : "'")
    }
}
