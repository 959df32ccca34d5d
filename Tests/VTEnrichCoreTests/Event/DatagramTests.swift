import Foundation
import Testing
import VTEnrichCore

private func source(_ agent: Alert.Agent?) -> EventSource {
    EventSource(
        eventID: "", address: .v4(0x0808_0808), alertID: "1.2", timestamp: "", ruleID: "1", agent: agent)
}

private func prefix(_ agent: Alert.Agent?, location: String = "virustotal_ip") -> String {
    String(decoding: Datagram.prefix(source(agent), location: location), as: UTF8.self)
}

struct DatagramTests {
    @Test(arguments: [
        (nil, "1:virustotal_ip:"),
        (Alert.Agent(id: "000", name: "wazuh"), "1:virustotal_ip:"),
        (.init(id: "001", name: "web01", ip: "10.0.0.5"), "1:[001] (web01) 10.0.0.5->virustotal_ip:"),
        (.init(id: "007", name: "noip"), "1:[007] (noip) any->virustotal_ip:"),
        (.init(id: "007", name: "noip", ip: ""), "1:[007] (noip) any->virustotal_ip:"),
        (.init(id: "004", name: "a|b"), "1:[004] (a||b) any->virustotal_ip:"),
        (.init(id: "014", name: "db:prod|eu", ip: "fe80::1"), "1:[014] (db|:prod||eu) fe80|:|:1->virustotal_ip:"),
        (.init(id: "021", name: "naïve agent", ip: "any"), "1:[021] (naïve agent) any->virustotal_ip:"),
        (.init(id: "022", name: "a\nb\u{0}c\u{7f}"), "1:[022] (a b c ) any->virustotal_ip:"),
    ])
    func `the event goes out in the agent's name`(agent: Alert.Agent?, expected: String) {
        #expect(prefix(agent) == expected)
    }

    @Test func `the location is escaped too, and a notice is the manager's`() {
        #expect(prefix(nil, location: "a:b|c") == "1:a|:b||c:")
        #expect(Datagram.prefix(nil, location: "virustotal_ip") == Array("1:virustotal_ip:".utf8))
    }

    @Test func `a long name is cut on a character`() {
        let text = prefix(.init(id: "1", name: "x" + String(repeating: "ü", count: 1_000)))
        #expect(text == "1:[1] (x" + String(repeating: "ü", count: 127) + ") any->virustotal_ip:")
    }
}

struct EventIDTests {
    private let key = [UInt8](repeating: 7, count: 32)

    private func id(
        key: [UInt8]? = nil, origin: String = "node-1", alertID: String = "1753101678.8211", timestamp: String = "t",
        address: IPAddress = .v4(1)
    ) -> String {
        EventID.make(key: key ?? self.key, origin: origin, alertID: alertID, timestamp: timestamp, address: address)
    }

    /// Computed with Python's hmac module over the four fields, each after its length in four big-endian bytes.
    @Test func `the id is HMAC-SHA256 of the alert, 32 hex digits`() {
        #expect(id() == "be2d0fd32c4afa7eeb0e80ebc03ff1b9")
    }

    @Test func `every field makes another id, and none runs into the next`() {
        let ids = [
            id(), id(key: [1]), id(origin: "node-2"), id(alertID: "1753101678.8212"), id(timestamp: "u"),
            id(address: .v4(2)), id(origin: "node-11", alertID: "753101678.8211"),
            EventID.makeNotice(key: key, day: "d"),
        ]
        #expect(Set(ids).count == ids.count)
    }
}

struct EventSourceTests {
    @Test func `an alert's log is cut on a character when it is kept`() {
        var alert = Alert(id: "1.2", timestamp: "t", rule: .init(id: "5710", level: 5), manager: "m")
        alert.fullLog = "x" + String(repeating: "ü", count: 8_192)
        let source = EventSource(alert: alert, address: .v4(1), key: [1])
        #expect(source.fullLog?.utf8.count == 16_383 && source.logWasCut)
        #expect(source.eventID == EventID.make(key: [1], origin: "m", alertID: "1.2", timestamp: "t", address: .v4(1)))
        alert.fullLog = String(repeating: "x", count: EventSource.maxLogBytes)
        #expect(!EventSource(alert: alert, address: .v4(1), key: [1]).logWasCut)
        alert.fullLog = nil
        #expect(!EventSource(alert: alert, address: .v4(1), key: [1]).logWasCut)
    }
}
