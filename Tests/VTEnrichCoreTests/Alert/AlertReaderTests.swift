import Testing

@testable import VTEnrichCore

private let fields = ["data.srcip", "data.win.eventdata.ipAddress", "data.src_ip", "agent.ip", "location"]

private func read(_ line: String, fields: [String] = fields) -> AlertReading {
    Array(line.utf8).withUnsafeBytes { AlertReader(addressFields: fields).read($0) }
}

private func alert(_ line: String, fields: [String] = fields) throws -> Alert {
    guard case .alert(let alert) = read(line, fields: fields) else { throw NotAnAlert(line: line) }
    return alert
}

private struct NotAnAlert: Error { let line: String }

private let scanner = AlertScanner(addressFields: SelectionSettings.defaultAddressFields)
private let decoder = AlertDecoder(addressFields: SelectionSettings.defaultAddressFields)

/// What the two readers say of a line; nil where the scanner leaves it to the decoder.
func readings(_ line: [UInt8]) -> (scanned: AlertReading?, decoded: AlertReading) {
    (line.withUnsafeBytes { scanner.scan($0) }, decoder.decode(String(decoding: line, as: UTF8.self)))
}

@Suite struct `Reading an alert` {
    @Test func `gives every field that is kept`() throws {
        let line = String(decoding: AlertLines.others[0], as: UTF8.self)
        #expect(
            try alert(line)
                == Alert(
                    id: "1789114960.512777", timestamp: "2026-09-11T10:22:40.915+0200",
                    rule: Alert.Rule(
                        id: "60122", level: 5, description: "Logon Failure",
                        groups: ["windows", " windows_security", "authentication_failed\n"]),
                    agent: Alert.Agent(id: "012", name: "DC01", ip: "FE80:0000:0000:0000:1876:67B9:B5D4:0765"),
                    manager: "m1", node: "worker-1", location: "EventChannel",
                    addressFields: ["2a01:db8::77", "FE80:0000:0000:0000:1876:67B9:B5D4:0765", "EventChannel"]))
        let own = String(decoding: AlertLines.others[3], as: UTF8.self)
        #expect(try alert(own).integration == "virustotal_ip")
        #expect(try alert(own).eventID == "0123456789abcdef0123456789abcdef")
    }

    @Test func `scanner and decoder agree on every real line, and the scanner reads them all`() {
        #expect(AlertLines.real.count > 100)
        for line in AlertLines.all {
            let (scanned, decoded) = readings(line)
            #expect(scanned == decoded)
        }
    }

    @Test(arguments: [
        (#"a\"b\\c\/d\b\f\n\r\t"#, "a\"b\\c/d\u{8}\u{c}\n\r\t"), (#"\u00e9\u20AC"#, "é€"), (#"\u0000"#, "\0"),
        (#"\ud83d\ude00"#, "😀"), ("é😀", "é😀"), (#"\u003d"#, "="),
    ])
    func `decodes escapes in what is kept`(json: String, text: String) throws {
        let read = try alert(
            #"{"timestamp":"t","rule":{"level":3,"id":"1"},"full_log":"\#(json)","data":{"srcip":"\#(json)"}}"#)
        #expect(read.fullLog == text)
        #expect(read.addressFields == [text])
    }

    @Test func `finds a key by its meaning, escaped or not`() throws {
        #expect(try alert(#"{"rule":{"id":"1"},"d\u0061ta":{"src\u0069p":"8.8.8.8"}}"#).addressFields == ["8.8.8.8"])
    }

    @Test(arguments: ["7", "null", "true", "{}", #"{"a":"8.8.8.8"}"#, "[]", "[7,[\"8.8.8.8\"],{}]", "-1.5e300"])
    func `T21 takes no text from an address field of another type`(value: String) throws {
        #expect(try alert(#"{"rule":{"id":"1"},"data":{"srcip":\#(value)}}"#).addressFields == [])
    }

    @Test func `T21 takes the strings of an array in their order`() throws {
        let line = #"{"rule":{"id":"1"},"data":{"srcip":["a",7,"b",["c"],{"d":"e"},"f"],"src_ip":"g"}}"#
        #expect(try alert(line).addressFields == ["a", "b", "f", "g"])
    }

    @Test func `takes the fields in the order of the configuration, also outside of data`() throws {
        let line = #"{"rule":{"id":"1"},"agent":{"id":"1","name":"n","ip":"x"},"data":{"src_ip":"y"},"location":"z"}"#
        #expect(
            try alert(line, fields: ["location", "data.src_ip", "agent.ip", "data"]).addressFields == ["z", "y", "x"])
        #expect(try alert(line, fields: ["data", "data.src_ip", "data.src_ip"]).addressFields == ["y", "y"])
    }

    @Test func `F08 the first of repeated keys counts, as it does for integratord`() throws {
        let line =
            #"{"rule":{"id":"1","id":"2"},"rule":{"id":"3","level":9},"data":{"a":"b"},"data":{"srcip":"8.8.8.8"},"id":"x","id":"y"}"#
        let read = try alert(line)
        #expect(read.rule == Alert.Rule(id: "1", level: nil))
        #expect(read.addressFields == [])
        #expect(read.id == "x")
    }

    @Test func `takes numbers and levels of another shape as cJSON does`() throws {
        #expect(try alert(#"{"rule":{"id":5710,"level":5.9}}"#).rule == Alert.Rule(id: "5710", level: 5))
        #expect(try alert(#"{"rule":{"id":"5710","level":1e1}}"#).rule == Alert.Rule(id: "5710", level: 10))
        #expect(try alert(#"{"rule":{"id":"5710","level":"5"}}"#).rule.level == nil)
        #expect(try alert(#"{"rule":{"id":"5710","level":99999999999999999999}}"#).rule.level == nil)
    }

    @Test func `takes JSON with spaces`() throws {
        #expect(
            try alert(#" { "rule" : { "id" : "1" , "level" : 4 } , "data" : { "srcip" : "8.8.8.8" } } "#).rule.level
                == 4)
    }

    @Test func `F08 nothing hides behind invalid UTF-8`() throws {
        var line = Array(#"{"rule":{"id":"1"},"full_log":"a"#.utf8)
        line += [0xff, 0xe2, 0x82] + Array(#"","data":{"x"#.utf8) + [0xc3]
        line += Array(#"":"y","srcip":"8.8.8.8"},"location":"l"#.utf8) + [0xf0] + Array(#"\n"}"#.utf8)
        let (scanned, decoded) = readings(line)
        #expect(scanned == decoded)
        guard case .alert(let read) = scanned else { throw NotAnAlert(line: String(decoding: line, as: UTF8.self)) }
        #expect(read.fullLog == "a\u{fffd}\u{fffd}")
        #expect(read.addressFields == ["8.8.8.8"])
        #expect(read.location == "l\u{fffd}\n")
    }

    @Test(arguments: ["{}", #"{"rule":5}"#, #"{"rule":[]}"#, #"{"a":{"rule":{}}}"#, #"{"rule":null,"rule":{}}"#])
    func `an object without a rule is no alert`(line: String) {
        #expect(read(line) == .noRule)
    }

    @Test(arguments: [
        "", "garbage", "5", "[]", "\"rule\"", "{", "}", #"{"rule":{"id":"1"}"#, #"{"rule":{"id":"1"}}}"#,
        #"{"rule":{"id":"1"}} x"#, #"{"rule":{"id":"1}}"#, #"{"rule" {}}"#, "{\"rule\":{\"id\":\"1\0\"}}",
        "{\"rule\":{\"id\":\"1\n\"}}", #"{"rule":{"id":"\x"}}"#, #"{"rule":{"id":"\u12"}}"#,
        #"{"rule":{"id":"1"},"a":tru}"#,
        #"{"rule":{"id":"1"},"a":01}"#, #"{"rule":{"id":"1"},"a":-}"#, #"{"rule":{"id":"1"},"a":"\ud800"}"#,
    ])
    func `F08 what is no JSON object is malformed`(line: String) {
        guard case .malformed(let reason) = read(line) else {
            Issue.record("read as \(read(line))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func `F08 depth, size and huge numbers do no harm`() throws {
        func nested(_ open: String, _ close: String, _ depth: Int) -> String {
            #"{"rule":{"id":"1"},"x":"# + String(repeating: open, count: depth) + "1"
                + String(repeating: close, count: depth) + "}"
        }
        // What analysisd can print, cJSON's thousand levels, must not hide an alert.
        #expect(try alert(nested("[", "]", 999)).rule.id == "1")
        #expect(try alert(nested(#"{"a":"#, "}", 999)).rule.id == "1")
        #expect(try alert(nested(#"[{"a":"#, "}]", 400)).rule.id == "1")
        #expect(try alert(nested("[-1.5e+300,", "]", 999)).rule.id == "1")
        for depth in [2000, 10_000] {
            #expect(read(nested("[", "]", depth)) == .malformed("nests too deep"))
            #expect(read(nested(#"{"a":"#, "}", depth)) == .malformed("nests too deep"))
        }
        #expect(read(String(repeating: "[", count: 100_000)) == .malformed("nests too deep"))
        #expect(try alert(nested("[ ", "]", 99)).rule.id == "1")
        let digits = String(repeating: "9", count: 100_000)
        #expect(try alert(#"{"rule":{"id":"1","level":5},"x":-0.\#(digits)}"#).rule.level == 5)
        let long = String(repeating: "1", count: 1 << 20)
        #expect(try alert(#"{"rule":{"id":"1"},"data":{"srcip":"\#(long)"}}"#).addressFields == [long])
    }
}
