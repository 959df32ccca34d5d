/// Answers "what would come of this alert and this answer" for `explain`, by the daemon's own parts. It takes any alert:
/// filters say which alerts are enriched, not how.
package struct Explainer: Sendable {
    /// The secret of the state database makes the real event ids. Here it is 32 zero bytes: an id is stable between runs,
    /// and none of the daemon's.
    private static let key = [UInt8](repeating: 0, count: 32)

    private let selector: AlertSelector
    private let selection: SelectionSettings
    private let verdict: VerdictSettings
    private let location: String

    /// - Parameter location: `output.analysisd.location`.
    package init(selection: SelectionSettings, verdict: VerdictSettings, location: String) {
        self.selection = selection
        self.verdict = verdict
        self.location = location
        var open = selection
        open.filters = []
        open.exclude = []
        open.allowlist = []
        selector = AlertSelector(open)
    }

    /// Why there is nothing to explain.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    /// What an event about this alert would say of it.
    /// - Parameter alert: one alert as JSON, as in alerts.json.
    package func source(ofAlert alert: [UInt8]) throws(Problem) -> EventSource {
        let examination = alert.withUnsafeBytes { selector.examine($0) }
        switch examination.outcome {
        case .taken(let alert, let address): return EventSource(alert: alert, address: address, key: Self.key)
        case .noAddress: throw Problem("no address field of the alert holds a public address")
        case .ownEvent: throw Problem("the alert is one of vtenrichd's own events: those are never enriched")
        case .feedback: throw Problem("the alert is feedback of active response: that is never enriched")
        case .malformed(let why): throw Problem("the alert " + why)
        case .unwanted, .excluded: throw Problem("the alert has no rule")
        }
    }

    /// For an address without an alert.
    package func source(of address: IPAddress) -> EventSource {
        EventSource(eventID: "", address: address, alertID: "", timestamp: "", ruleID: "")
    }

    /// - Parameter now: seconds since 1970.
    package func context(for address: IPAddress, now: Double) -> Explanation.Context {
        Explanation.Context(now: now, settings: verdict, allowlisted: selection.isAllowlisted(address))
    }

    /// From a line `{"now","alert","status","response"}` to `{"prefix","event"}`, or `{"prefix":null,"event":null,"error"}`.
    /// - Parameter now: seconds since 1970, for a line without `now`.
    package func explain(line: [UInt8], now: Double) -> [UInt8] {
        var json = JSONWriter(capacity: 2_048)
        json.beginObject()
        do throws(Problem) {
            let explanation = try explanation(ofLine: line, now: now)
            let prefix = Datagram.prefix(explanation.source, location: location)
            json.member("prefix", String(decoding: prefix, as: UTF8.self))
            json.key("event")
            json.raw(explanation.event)
        } catch {
            json.raw(#""prefix":null,"event":null"#)
            json.member("error", error.description)
        }
        json.endObject()
        return json.bytes
    }

    private func explanation(ofLine line: [UInt8], now: Double) throws(Problem) -> Explanation {
        guard let value = JSONValue(parsing: line), case .object = value else {
            throw Problem("the line is no JSON object")
        }
        guard let alert = value["alert"], case .object = alert else { throw Problem("the line has no alert object") }
        let source = try source(ofAlert: alert.bytes)
        var time = now
        if let given = value["now"], given != .null {
            guard let seconds = given.text.flatMap(RFC3339.seconds) else {
                throw Problem("now is no time like 2025-12-05T09:30:00Z")
            }
            time = seconds
        }
        let status = value["status"] ?? .integer(200)
        guard let status = status.exactInteger else { throw Problem("status is no number") }
        return Explanation(
            source, answer: value["response"] ?? .null, status: status, context(for: source.address, now: time))
    }
}
