import GRDB
import VTEnrichCore

// The day of a second source, as rows of `meta`: requests counted before they are sent, by UTC date, and when it opens again.
extension Store {
    /// Counts a request of the day; false where none is left, or the source said so.
    package func spend(source: String, perDay: Int, now: Double) throws(StoreError) -> Bool {
        let day = UTCDate(wall: now).description
        let (spent, closed) = try read("reading the quota of \(source)") { db in
            (try db.meta("source/\(source)/spent") ?? "", try db.meta("source/\(source)/closed") ?? "")
        }
        let parts = spent.split(separator: " ")
        let count = parts.count == 2 && parts[0] == day ? Int(parts[1]) ?? 0 : 0
        guard count < perDay, (Double(closed) ?? 0) <= now else { return false }
        try write("counting a request to \(source)") { try $0.setMeta("source/\(source)/spent", "\(day) \(count + 1)") }
        return true
    }

    /// - Parameter wall: wall clock.
    package func close(source: String, until wall: Double) throws(StoreError) {
        try write("closing \(source)") { try $0.setMeta("source/\(source)/closed", "\(wall)") }
    }
}
