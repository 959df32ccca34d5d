import GRDB
import VTEnrichCore

/// A second source as the state knows it, for `status`.
package struct SourceState: Sendable, Equatable {
    /// Requests of the UTC day.
    package var usedToday = 0
    /// Wall clock, while the source takes nothing more.
    package var closedUntil: Double?
    /// Why the last request gave nothing; nil once one did.
    package var trouble: String?
}

// The day of a second source, as rows of `meta`: requests counted before they are sent, by UTC date, when it opens again, and what
// went wrong last.
extension Store {
    package static let abuseIPDB = "abuseipdb"

    /// Counts a request of the day; false where none is left, or the source said so.
    package func spend(source: String, perDay: Int, now: Double) throws(StoreError) -> Bool {
        let state = try self.state(ofSource: source, now: now)
        guard state.usedToday < perDay, state.closedUntil == nil else { return false }
        let spent = "\(UTCDate(wall: now)) \(state.usedToday + 1)"
        try write("counting a request to \(source)") { try $0.setMeta("source/\(source)/spent", spent) }
        return true
    }

    /// - Parameter wall: wall clock.
    package func close(source: String, until wall: Double) throws(StoreError) {
        try write("closing \(source)") { try $0.setMeta("source/\(source)/closed", "\(wall)") }
    }

    /// Notes what went wrong, or that nothing does any more.
    package func note(trouble: String?, ofSource source: String) throws(StoreError) {
        let key = "source/\(source)/trouble"
        let known = try read("reading of \(source)") { try $0.meta(key) } ?? ""
        guard known != trouble ?? "" else { return }
        try write("noting how \(source) is") { try $0.setMeta(key, trouble ?? "") }
    }

    package func state(ofSource source: String, now: Double) throws(StoreError) -> SourceState {
        try read("reading the quota of \(source)") { db in
            var state = SourceState()
            let parts = (try db.meta("source/\(source)/spent") ?? "").split(separator: " ")
            if parts.count == 2, parts[0] == UTCDate(wall: now).description { state.usedToday = Int(parts[1]) ?? 0 }
            let closed = try db.meta("source/\(source)/closed").flatMap(Double.init) ?? 0
            if closed > now { state.closedUntil = closed }
            let trouble = try db.meta("source/\(source)/trouble") ?? ""
            if !trouble.isEmpty { state.trouble = trouble }
            return state
        }
    }
}
