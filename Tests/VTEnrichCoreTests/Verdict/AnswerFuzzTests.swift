import Foundation
import Support
import Testing
import VTEnrichCore

/// Any bytes as an answer of VirusTotal: what is read is bounded, and the event made of it is sound.
struct AnswerFuzzTests {
    private static let asked = IPAddress.v4(0x403e_c584)

    private static let source = EventSource(
        eventID: "0123456789abcdef0123456789abcdef", address: asked, alertID: "1753101678.8211",
        timestamp: "2025-07-21T12:41:18.157+0000", ruleID: "100003", level: 5,
        fullLog: String(repeating: "log \"of\" \u{1b}[31m the alert, ", count: 1_000))

    private static let pieces =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-1", "1.5", "1e400", "9223372036854775808", "true", "null",
            "\\u0000", "\\ud83d", "\\u2028", "\\n", "é", "\u{202e}", "\"data\":null,", "\"attributes\":[],",
            "\"last_analysis_stats\":{},", "\"malicious\":99999999999999999999,", "\"malicious\":\"7\",",
            "\"tags\":[\"tor\",5,null],", "\"tags\":\"tor\",", "\"as_owner\":\"x\\\"\\u001b[31m\\n\",",
            "\"last_analysis_date\":253402300800,", "\"last_analysis_date\":-1,", "\"reputation\":-1e18,",
            "\"id\":\"64.62.197.133\",", "\"type\":\"domain\",", "\"country\":{},", "\"asn\":1e300,",
            "\"error\":{\"code\":\"QuotaExceededError\"},", "\"network\":\"\",",
        ].map { Array($0.utf8) } + [[0], [0x80], [0xff], [0xe2, 0x82]]

    private static func seeds() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try [
            "vt-ip-malicious.json", "vt-ip-never-seen.json", "vt-communicating-files.json", "vt-overall-quotas.json",
        ].map { try [UInt8](Data(contentsOf: folder.appending(path: "Fixtures/\($0)"))) }
    }

    @Test func `T31 no damage to an answer makes a broken event`() throws {
        var events = 0
        let faults = Fuzz("answers", seeds: try Self.seeds(), pieces: Self.pieces).run(cases: 1_000) { body in
            let (error, quotas, files) = (
                AnswerReader.readError(body), AnswerReader.readQuotas(body), AnswerReader.readFiles(body)
            )
            if let error, error.utf8.count > 64 { return .fault("an error code of \(error.utf8.count) bytes") }
            if let files, !(0...10).contains(files.totalFiles) || !(0...files.totalFiles).contains(files.strongFiles) {
                return .fault("\(files)")
            }
            let kind = (error == nil ? 0 : 1) + (quotas == nil ? 0 : 2) + (files == nil ? 0 : 4)
            switch AnswerReader.read(body: body, asked: Self.asked) {
            case .failure(let problem):
                if let fault = Self.fault(inProblem: "\(problem)") { return .fault(fault) }
                let judged = JSONValue(parsing: body).flatMap { Self.fault(in: AnswerReader.judgeable($0)) }
                return judged.map { .fault($0) } ?? .sound(kind: kind * 1_000 + "\(problem)".utf8.count)
            case .success(let reputation):
                events += 1
                return Self.fault(in: reputation).map { .fault($0) }
                    ?? .sound(kind: 100_000 + kind * 10_000 + Self.kind(of: reputation))
            }
        }
        #expect(faults == [])
        #expect(events > 5, "too few mutants were answers to prove anything")
    }

    private static func fault(inProblem text: String) -> String? {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        return isPlain && text.utf8.count < 1_000 ? nil : "a problem that is no line: \(text)"
    }

    /// The event must be JSON of at most 16 KiB, its line one line, whatever the facts and wherever they came from.
    private static func fault(in reputation: Reputation) -> String? {
        let event = EnrichedEvent.make(
            source, reputation, pivot: PivotFacts(totalFiles: 10, strongFiles: 3), cache: .init(isHit: false),
            now: 1_764_927_216, settings: VerdictSettings())
        guard event.count <= EnrichedEvent.maxBytes, String(validating: event, as: UTF8.self) != nil,
            (try? JSONSerialization.jsonObject(with: Data(event))) is [String: Any],
            let json = JSONValue(parsing: event), json["srcip"]?.text == asked.description
        else { return "the event is broken: \(String(decoding: event, as: UTF8.self))" }
        let line = json["virustotal_ip"]?["verdict_line"]?.text ?? ""
        guard !line.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            return "the line is broken: \(line)"
        }
        return nil
    }

    private static func kind(of reputation: Reputation) -> Int {
        guard case .found(let facts) = reputation else { return 0 }
        let texts = [facts.country, facts.owner, facts.asn, facts.network].map { $0 == nil ? 0 : 1 }
        return texts.reduce(1) { $0 * 2 + $1 } + min(facts.tags.count, 8) * 32
            + (facts.lastAnalysisDate == nil ? 0 : 512) + min(facts.stats.malicious, 3) * 1_024
    }
}
