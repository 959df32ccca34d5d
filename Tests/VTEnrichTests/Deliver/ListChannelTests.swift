import Foundation
import Support
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

    @Test func `without analysisd the list is written all the same`() {
        let channel = channel { $0.reloadSocket = folder["analysis"] }
        guard case .delivered(let answer) = channel.update([IPAddress("45.9.148.1")!]) else {
            Issue.record("not delivered")
            return
        }
        #expect(answer.contains("did not read it anew") && list.hasPrefix("45.9.148.1:"))
    }
}
