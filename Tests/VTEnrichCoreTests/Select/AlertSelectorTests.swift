import Testing

@testable import VTEnrichCore

private func examine(_ line: some Collection<UInt8>, _ settings: SelectionSettings = SelectionSettings()) -> Examination
{
    Array(line).withUnsafeBytes { AlertSelector(settings).examine($0) }
}

private func outcome(_ line: String, _ settings: SelectionSettings = SelectionSettings()) -> Outcome {
    examine(line.utf8, settings).outcome
}

private func line(
    id: String = "5710", level: Int = 5, groups: String = #""syslog","sshd""#, data: String = #""srcip":"8.8.8.8""#,
    location: String = "/var/log/auth.log", log: String = "text"
) -> String {
    #"{"timestamp":"2026-09-11T10:20:31.482+0200","rule":{"level":\#(level),"id":"\#(id)","groups":[\#(groups)]},"agent":{"id":"001","name":"web01"},"manager":{"name":"m"},"id":"1.\#(id)","full_log":"\#(log)","data":{\#(data)},"location":"\#(location)"}"#
}

/// The address that is looked up for a line; nil for any other outcome.
private func address(_ line: String, _ settings: SelectionSettings = SelectionSettings()) -> String? {
    if case .taken(_, let address) = outcome(line, settings) { address.description } else { nil }
}

private func alertID(_ outcome: Outcome) -> String? {
    switch outcome {
    case .taken(let alert, _), .noAddress(let alert): alert.id
    default: nil
    }
}

@Suite struct `Selecting alerts` {
    @Test func `takes alerts that pass any filter and no exclude`() {
        let settings = SelectionSettings(
            filters: [AlertFilter(groups: ["web"]), AlertFilter(level: 5)],
            exclude: [AlertFilter(ruleIDs: [5710...5710])])
        #expect(address(line(id: "1"), settings) == "8.8.8.8")
        #expect(address(line(id: "1", level: 3, groups: #""web""#), settings) == "8.8.8.8")
        #expect(outcome(line(id: "1", level: 4), settings) == .unwanted)
        #expect(outcome(line(id: "5710"), settings) == .excluded)
        #expect(outcome(line(id: "5710", level: 4), settings) == .unwanted)
    }

    @Test func `takes every alert without filters`() {
        #expect(address(line(level: 0)) == "8.8.8.8")
        #expect(outcome("{}") == .unwanted)
    }

    @Test(arguments: ["", " ", "\r", "\t \r"])
    func `F05 an empty line is nothing`(text: String) {
        #expect(outcome(text) == .unwanted)
    }

    @Test func `F05 a carriage return belongs to the line end`() {
        #expect(address(line() + "\r") == "8.8.8.8")
        #expect(outcome(line() + "\r", SelectionSettings(filters: [AlertFilter(level: 9)])) == .unwanted)
    }

    @Test(arguments: [
        (#""srcip":"10.0.0.1","src_ip":"9.9.9.9""#, "9.9.9.9"), (#""src_ip":"9.9.9.9","srcip":"8.8.8.8""#, "8.8.8.8"),
        (#""srcip":"host.example","src_host":"[::ffff:9.9.9.9]:80""#, "9.9.9.9"),
        (#""srcip":["10.0.0.1","-","9.9.9.9","8.8.8.8"]"#, "9.9.9.9"),
        (#""srcip":7,"aws":{"sourceIPAddress":"2a00:0:0::1"}"#, "2a00::1"),
        (#""ms-graph":{"ipAddress":"9.9.9.9"}"#, "9.9.9.9"), (#""srcip":"10.0.0.1""#, nil),
        (#""dstip":"8.8.8.8""#, nil),
        (#""srcip":"8.8.8.8 ""#, "8.8.8.8"), (#""srcip":"8.8.8.8\u001b[2J""#, nil), (#""srcip":{"a":"8.8.8.8"}"#, nil),
        ("", nil),
    ])
    func `T21 looks up the first public address of the named fields`(data: String, expected: String?) {
        #expect(address(line(data: data)) == expected)
        if expected == nil { #expect(alertID(outcome(line(data: data))) == "1.5710") }
    }

    @Test func `never takes an address from free text`() {
        #expect(address(line(data: "", log: "Failed password from 8.8.8.8 port 22")) == nil)
    }

    @Test(arguments: [
        (#""srcip":"8.8.8.8""#, nil), (#""srcip":"8.8.9.8""#, "8.8.9.8"), (#""srcip":"::ffff:8.8.8.8""#, nil),
        // The allowlisted address is the source; another one must not stand for it.
        (#""srcip":"8.8.8.8","src_ip":"9.9.9.9""#, nil), (#""srcip":"10.0.0.1","src_ip":"8.8.8.8""#, nil),
    ])
    func `an allowlisted address is never looked up, nor another in its place`(data: String, expected: String?) throws {
        let settings = SelectionSettings(allowlist: [try #require(AddressRange("8.8.8.0/24"))])
        #expect(address(line(data: data), settings) == expected)
    }
}

@Suite struct `Cutting the loops` {
    private let wantsSSH = SelectionSettings(filters: [AlertFilter(groups: ["sshd"], level: 10)])

    @Test func `our own event is recognised whether a filter takes it or not`() {
        let own = AlertLines.others[3]
        let expected = Outcome.ownEvent(id: "0123456789abcdef0123456789abcdef")
        #expect(examine(own).outcome == expected)
        #expect(examine(own, wantsSSH).outcome == expected)
        #expect(examine(own, SelectionSettings(filters: [AlertFilter(ruleIDs: [1...1])])).outcome == expected)
    }

    @Test(arguments: [
        (#""virustotal"," vt_ip""#, "elsewhere", "x", true), (#""sshd""#, "virustotal_ip", "virustotal_ip", true),
        (#""sshd""#, "virustotal_ip", "other", false), (#""sshd""#, "/var/log/virustotal_ip", "virustotal_ip", false),
        (#""sshd""#, "/var/log/app.json", "virustotal_ip", false),
        (#""virustotal","vt_ip2""#, "x", "virustotal_ip", false),
    ])
    func `by group, or by location and integration together`(
        groups: String, location: String, integration: String, own: Bool
    ) {
        let text = line(groups: groups, data: #""srcip":"8.8.8.8","integration":"\#(integration)""#, location: location)
        for settings in [SelectionSettings(), SelectionSettings(filters: [AlertFilter(groups: ["nobody"])])] {
            #expect((outcome(text, settings) == .ownEvent(id: nil)) == own)
        }
        if !own { #expect(address(text) == "8.8.8.8") }
    }

    @Test func `under the location that is configured`() {
        let settings = SelectionSettings(ownLocation: "vt-two")
        let data = #""srcip":"8.8.8.8","integration":"virustotal_ip""#
        #expect(outcome(line(data: data, location: "vt-two"), settings) == .ownEvent(id: nil))
        #expect(address(line(data: data, location: "virustotal_ip"), settings) == "8.8.8.8")
    }

    @Test func `active response is not answered by a lookup`() {
        #expect(examine(AlertLines.others[4]).outcome == .feedback)
        #expect(examine(AlertLines.others[4], wantsSSH).outcome == .unwanted)
    }
}
