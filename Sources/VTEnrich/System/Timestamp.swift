import Foundation

/// Times as people and programs read them: RFC 3339 in UTC.
package enum Timestamp {
    /// `2025-12-05T09:30:00Z`.
    package static func text(_ wall: Double) -> String {
        var time = time_t(wall.rounded(.down))
        var parts = tm()
        gmtime_r(&time, &parts)
        return String(
            format: "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec)
    }
}
