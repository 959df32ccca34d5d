import Foundation
import Glibc
import Support
import Testing

/// The stand-in must do what the real one does, or the tests that use it prove nothing (`wazuh.md` §4, §5).
@Suite struct `analysisd stand-in` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(
        arguments: [
            ("1:virustotal_ip:{}", "000", nil, nil, "virustotal_ip"),
            ("1:[007] (web) 10.0.0.7->virustotal_ip:{}", "007", "web", "10.0.0.7", "virustotal_ip"),
            (
                "1:[008] (edge|:fw||1) 2001|:db8|:0|:1|:|:7->virustotal_ip:{}", "008", "edge:fw|1", "2001:db8:0:1::7",
                "virustotal_ip"
            ),
            ("1:[009] (büro (2)) any->virustotal_ip:{}", "009", "büro (2)", "any", "virustotal_ip"),
        ] as [(String, String, String?, String?, String)])
    func `a datagram is taken apart as OS_CleanMSG does`(
        datagram: String, id: String, name: String?, address: String?, location: String
    ) throws {
        let event = try #require(ReceivedEvent(datagram: Array(datagram.utf8)))
        #expect(event.queue == "1")
        #expect(event.agentID == id)
        #expect(event.agentName == name)
        #expect(event.agentAddress == address)
        #expect(event.location == location)
        #expect(event.message == "{}")
    }

    @Test(arguments: ["1:a", "no separators", "1:only one|:escaped"])
    func `a datagram without its parts is no event`(datagram: String) {
        #expect(ReceivedEvent(datagram: Array(datagram.utf8)) == nil)
    }

    @Test func `a datagram above 65,535 bytes is cut in silence`() async throws {
        let analysisd = try AnalysisdStandIn(path: folder["q"])
        let sender = try Sender(analysisd.path)
        #expect(sender.send([UInt8](repeating: 65, count: 70_000)) == 0)
        try await eventually("it is read") { analysisd.receivedCount == 1 }
        #expect(analysisd.datagrams.first?.count == 65_535)
    }

    @Test func `T42 a receiver that stops reading gives EAGAIN, and nothing is lost`() async throws {
        let analysisd = try AnalysisdStandIn(path: folder["q"])
        let sender = try Sender(analysisd.path)
        analysisd.pause()
        var sent = 0
        var error: Int32 = 0
        while error == 0 && sent < 100_000 {
            error = sender.send(Array("1:x:{}".utf8))
            if error == 0 { sent += 1 }
        }
        #expect(error == EAGAIN)
        analysisd.resume()
        try await eventually("everything sent arrives") { analysisd.receivedCount == sent }
    }

    @Test func `T41 a socket that is gone and comes back leaves old connections refused`() async throws {
        let analysisd = try AnalysisdStandIn(path: folder["q"])
        let sender = try Sender(analysisd.path)
        analysisd.exit()
        try await eventually("the reader has let go") { sender.send(Array("1:x:{}".utf8)) == ECONNREFUSED }
        try analysisd.comeBack()
        #expect(sender.send(Array("1:x:{}".utf8)) == ENOTCONN)
        #expect(try Sender(analysisd.path).send(Array("1:x:{}".utf8)) == 0)
        try await eventually("the new connection works") { analysisd.receivedCount == 1 }
        analysisd.removePath()
        #expect(throws: SystemError.self) { try Sender(analysisd.path) }
    }

    @Test func `every Nth event is lost where asked for`() async throws {
        var settings = AnalysisdStandIn.Settings()
        settings.dropEvery = 3
        let analysisd = try AnalysisdStandIn(path: folder["q"], settings)
        let sender = try Sender(analysisd.path)
        for number in 1...7 { #expect(sender.send(Array("1:x:{\"n\":\(number)}".utf8)) == 0) }
        try await eventually("all are read") { analysisd.receivedCount == 7 }
        #expect(analysisd.events.map { $0.text("n") } == ["1", "2", "4", "5", "7"])
    }

    @Test func `an event comes back as the alert of its rule, with all values as text`() async throws {
        var settings = AnalysisdStandIn.Settings()
        settings.alertsPath = folder["alerts.json"]
        let analysisd = try AnalysisdStandIn(path: folder["q"], settings)
        let message = """
            {"integration":"virustotal_ip","srcip":"8.8.4.4","virustotal_ip":{"found":1,"verdict":"malicious",\
            "age_days":0.7,"weighted_malicious":12.0,"tags":[],"block":"yes","country":"","id":"abc"}}
            """
        #expect(try Sender(analysisd.path).send(Array("1:[007] (web) any->virustotal_ip:\(message)".utf8)) == 0)
        #expect(try Sender(analysisd.path).send(Array("1:other:\(message)".utf8)) == 0)
        try await eventually("both are read") { analysisd.receivedCount == 2 }
        let lines = try folder.read("alerts.json").split(separator: "\n")
        #expect(lines.count == 1, "only the project's location has rules")
        let line = try #require(lines.first)
        #expect(line.hasPrefix("{\"timestamp\":\"20"))
        let alert = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let rule = try #require(alert["rule"] as? [String: Any])
        #expect(rule["id"] as? String == "199905")
        #expect(rule["groups"] as? [String] == ["virustotal", "vt_ip"])
        #expect(alert["agent"] as? [String: String] == ["id": "007", "name": "web"])
        #expect(alert["location"] as? String == "virustotal_ip")
        let data = try #require((alert["data"] as? [String: Any])?["virustotal_ip"] as? [String: Any])
        #expect(data["found"] as? String == "1")
        #expect(data["age_days"] as? String == "0.700000")
        #expect(data["weighted_malicious"] as? String == "12")
        #expect(data["tags"] as? [String] == [])
        #expect(data["country"] == nil)
    }
}

/// A sender that does not wait, connected once.
private final class Sender: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemError("connect to \(path)") }
    }

    deinit {
        close(descriptor)
    }

    /// 0 or the error.
    func send(_ bytes: [UInt8]) -> Int32 {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count ? 0 : errno
    }
}
