import Foundation
import Glibc
import Support
import Synchronization
import Testing
import VTEnrichCore

@testable import VTEnrich

/// The CDB list as a file, and analysisd's socket for reloads.
struct ListChannelTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func channel(_ change: (inout OutputSettings) -> Void = { _ in }) -> ListChannel {
        var output = OutputSettings(.cdb)
        output.path = folder["vtenrich-malicious"]
        change(&output)
        return ListChannel(output, clock: clock.clock)
    }

    private var list: String { (try? folder.read("vtenrich-malicious")) ?? "" }

    @Test func `addresses come, stay for a week and go`() async throws {
        let channel = channel()
        _ = channel.update([IPAddress("45.9.148.1")!, IPAddress("2a01:4f8::1")!])
        let end = Int(clock.wall) + 7 * 86_400
        #expect(list == "\"2a01:4f8::1\":until-\(end)\n45.9.148.1:until-\(end)\n")
        let facts = try FileManager.default.attributesOfItem(atPath: folder["vtenrich-malicious"])
        #expect(facts[.posixPermissions] as? Int == 0o660)
        clock.advance(7 * 86_400)
        _ = channel.update([])
        #expect(list == "")
    }

    @Test func `a list is never half written, and no private address gets into it`() async throws {
        let channel = channel { $0.maxEntries = 3 }
        _ = channel.update([IPAddress("10.0.0.1")!, IPAddress("127.0.0.1")!])
        #expect(list == "")
        try folder.write("vtenrich-malicious.new", "left over")
        _ = channel.update((1...9).map { IPAddress("45.9.148.\($0)")! })
        #expect(list.split(separator: "\n").count == 3)
        #expect(!FileManager.default.fileExists(atPath: folder["vtenrich-malicious.new"]))
    }

    @Test func `a folder that is not there is tried again`() {
        let channel = channel { $0.path = "/nonexistent/list" }
        guard case .retry(let cause, _) = channel.update([IPAddress("45.9.148.1")!]) else {
            Issue.record("no retry")
            return
        }
        #expect(cause.contains("/nonexistent/list.new"))
    }

    @Test func `analysisd is told to read it anew, at most once in its interval, and the rest is made up for`() throws {
        let analysisd = try ReloadStandIn(folder["analysis"])
        let channel = channel { $0.reloadSocket = folder["analysis"] }
        for number in 1...3 { _ = channel.update([IPAddress("45.9.148.\(number)")!]) }
        #expect(analysisd.messages.count == 1)
        let message = try #require(analysisd.messages.first)
        #expect(JSONValue(parsing: message)?["command"] == .text("reload-ruleset"))
        clock.advance(3_600)
        guard case .delivered(let answer) = channel.update([]) else {
            Issue.record("not delivered")
            return
        }
        #expect(answer.contains("has read it anew") && analysisd.messages.count == 2)
        clock.advance(3_600)
        _ = channel.update([])
        #expect(analysisd.messages.count == 2)
    }

    @Test func `without analysisd the list is written all the same`() {
        let channel = channel { $0.reloadSocket = folder["analysis"] }
        guard case .delivered(let answer) = channel.update([IPAddress("45.9.148.1")!]) else {
            Issue.record("not delivered")
            return
        }
        #expect(answer.contains("did not read it anew") && list.hasPrefix("45.9.148.1:"))
    }
}

/// analysisd's socket for commands: a length in four bytes, low byte first, and JSON, both ways (`wazuh.md` §6).
private final class ReloadStandIn: Sendable {
    private let received = Mutex<[[UInt8]]>([])
    private let listener: Int32

    init(_ path: String) throws {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = try #require(UnixAddress(path: path))
        let listener = listener
        try #require(address.withSockAddr({ bind(listener, $0, $1) }) == 0 && listen(listener, 4) == 0)
        Thread.detachNewThread { [weak self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                var bytes = [UInt8](repeating: 0, count: 4_096)
                let count = recv(connection, &bytes, bytes.count, 0)
                if count > 4 { self?.received.withLock { $0.append(Array(bytes[4..<count])) } }
                let answer = Array(#"{"error":0,"data":["ok"]}"#.utf8)
                let frame = [UInt8(answer.count), 0, 0, 0] + answer
                send(connection, frame, frame.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    var messages: [[UInt8]] { received.withLock { $0 } }
}
