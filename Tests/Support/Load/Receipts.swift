import Foundation
import Synchronization

/// What analysisd received, small enough to be kept for hours: the alert's id and ours, of each event in its order.
package final class Receipts: Sendable {
    private struct State {
        var alertIDs: [String] = []
        var eventIDs: [String: String] = [:]
        var changedIDs: [String] = []
        var unreadable = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// In the order of arrival, repetitions included.
    package var alertIDs: [String] { state.withLock { $0.alertIDs } }
    package var count: Int { state.withLock { $0.alertIDs.count } }
    /// Alerts that came at least once.
    package var distinctCount: Int { state.withLock { $0.eventIDs.count } }
    /// Alerts whose event came again under another id, so that a consumer could not know it for the same.
    package var changedIDs: [String] { state.withLock { $0.changedIDs } }
    /// Datagrams that are no event about an alert.
    package var unreadable: Int { state.withLock { $0.unreadable } }

    /// - Returns: the event's own id; nil for what is no event about an alert.
    package func take(_ datagram: [UInt8]) -> String? {
        let bytes = Data(datagram)
        let alertID = Self.text(after: #""alert_id":""#, in: bytes)
        let eventID = Self.text(after: #","id":""#, in: bytes)
        return state.withLock { state in
            guard let alertID, let eventID else {
                state.unreadable += 1
                return nil
            }
            state.alertIDs.append(alertID)
            if let known = state.eventIDs.updateValue(eventID, forKey: alertID), known != eventID {
                state.changedIDs.append(alertID)
            }
            return eventID
        }
    }

    /// What stands between `key` and the next quote.
    private static func text(after key: String, in bytes: Data) -> String? {
        guard let found = bytes.range(of: Data(key.utf8)),
            let end = bytes[found.upperBound...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        return String(decoding: bytes[found.upperBound..<end], as: UTF8.self)
    }
}
