import Foundation
import Glibc
import Support
import Testing

/// The log of the daemon as journald and log shippers take it.
struct LogTests {
    @Test func `as JSON every line is an object with the same keys`() async throws {
        let site = try Installation(alerts: Alerts.text([1]), ["log": "{level: debug, format: json}"])
        site.analysisd.removePath()
        let daemon = try site.manager.start()
        try await eventually("analysisd is missed") { site.lines(of: "cannot send to") > 0 }
        #expect(try await site.stop(daemon) == 0)
        let lines = site.manager.log.split(separator: "\n")
        #expect(lines.count > 3)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
            #expect(Set(object.keys).subtracting(["repeated"]) == ["time", "level", "part", "message"], "\(line)")
        }
    }

    @Test(arguments: ["text", "json"])
    func `the journal gets priorities, and a file none though the variable is inherited`(format: String) async throws {
        let site = try Installation(["log.format": format])
        try site.manager.folder.write("vtenrichd.log", "")
        var facts = stat()
        #expect(stat(site.manager.logPath, &facts) == 0)
        let journal = try await site.start(environment: ["JOURNAL_STREAM": "\(facts.st_dev):\(facts.st_ino)"])
        #expect(try await site.stop(journal) == 0)
        let lines = site.manager.log.split(separator: "\n")
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("<5>") || $0.hasPrefix("<6>") }, "\(lines)")
        #expect(lines.allSatisfy { $0.hasPrefix("<5>{") } == (format == "json"))
        #expect(!lines[0].contains("Z notice"))

        let file = try await site.start(environment: ["JOURNAL_STREAM": "1:1"])
        #expect(try await site.stop(file) == 0)
        #expect(site.manager.log.split(separator: "\n").dropFirst(lines.count).allSatisfy { !$0.hasPrefix("<") })
    }
}
