import Foundation
import Testing
import VTEnrichCore

private let asked = IPAddress.v4(0x403e_c584)

private func fixture(_ name: String) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appending(path: "Fixtures").appending(path: name)))
}

private func answer(
    id: String = "64.62.197.132", type: String = "ip_address", _ attributes: String
) -> [UInt8] {
    Array(#"{"data":{"id":"\#(id)","type":"\#(type)","attributes":{\#(attributes)}}}"#.utf8)
}

private func problem(_ body: [UInt8]) -> AnswerProblem? {
    guard case .failure(let problem) = AnswerReader.read(body: body, asked: asked) else { return nil }
    return problem
}

private func facts(_ body: [UInt8]) throws -> ReputationFacts {
    let value = try #require(JSONValue(parsing: body))
    guard case .found(let facts) = AnswerReader.judgeable(value) else {
        Issue.record("no record")
        return ReputationFacts()
    }
    return facts
}

struct AnswerReaderTests {
    @Test func `an answer of VirusTotal gives its facts`() throws {
        let read = AnswerReader.read(body: try fixture("vt-ip-malicious.json"), asked: asked)
        let expected = ReputationFacts(
            stats: .init(malicious: 11, suspicious: 2, harmless: 51, undetected: 30, total: 94), enginesMalicious: 11,
            enginesSuspicious: 2, reputation: -3, tags: [], lastAnalysisDate: 1_764_866_736, country: "US",
            owner: "HURRICANE", asn: "6939", network: "64.62.197.0/24")
        #expect(read == .success(.found(expected)))
    }

    @Test(arguments: ["2a0d:5600:30:4::8f3e", "2a0d:5600:0030:4:0:0:0:8F3E"])
    func `an empty analysis is no record, and addresses are compared, not their spelling`(id: String) throws {
        let text = String(decoding: try fixture("vt-ip-never-seen.json"), as: UTF8.self)
        let body = Array(text.replacingOccurrences(of: #""id": "2a0d:5600:30:4::8f3e""#, with: #""id": "\#(id)""#).utf8)
        let address = try #require(IPAddress("2a0d:5600:30:4::8f3e"))
        #expect(AnswerReader.read(body: body, asked: address) == .success(.notFound))
    }

    @Test func `an analysis without hits is a record`() {
        let body = answer(#""last_analysis_stats":{"harmless":1}"#)
        #expect(
            AnswerReader.read(body: body, asked: asked) == .success(.found(.init(stats: .init(harmless: 1, total: 1)))))
        let dated = answer(#""last_analysis_stats":{},"last_analysis_date":1764866736"#)
        #expect(
            AnswerReader.read(body: dated, asked: asked) == .success(.found(.init(lastAnalysisDate: 1_764_866_736))))
    }

    @Test(arguments: [
        ("", AnswerProblem.notJSON),
        ("<html>502 Bad Gateway</html>", .notJSON),
        ("\u{0}\u{1}", .notJSON),
        ("[]", .noData),
        ("{}", .noData),
        (#"{"data":null}"#, .noData),
        (#"{"data":[]}"#, .noData),
        (#"{"error":{"code":"NotFoundError"}}"#, .noData),
        (#"{"data":{"id":"64.62.197.132"}}"#, .otherType(nil)),
        (#"{"data":{"type":"domain","id":"64.62.197.132"}}"#, .otherType("domain")),
        (#"{"data":{"type":"ip_address"}}"#, .otherAddress(nil, asked: asked)),
        (#"{"data":{"type":"ip_address","id":"64.62.197.133"}}"#, .otherAddress("64.62.197.133", asked: asked)),
        (#"{"data":{"type":"ip_address","id":"64.62.197.132"}}"#, .noStats),
    ])
    func `what is not VirusTotal's answer about the address is refused`(body: String, expected: AnswerProblem) {
        #expect(problem(Array(body.utf8)) == expected)
    }

    @Test(arguments: [
        (#""last_analysis_stats":null"#, AnswerProblem.noStats),
        (#""last_analysis_stats":[]"#, .noStats),
        (#""last_analysis_stats":{"malicious":"many"}"#, .badValue("last_analysis_stats.malicious")),
        (#""last_analysis_stats":{"malicious":true}"#, .badValue("last_analysis_stats.malicious")),
        (#""last_analysis_stats":{"suspicious":-1}"#, .badValue("last_analysis_stats.suspicious")),
        (#""last_analysis_stats":{"harmless":1.5}"#, .badValue("last_analysis_stats.harmless")),
        (#""last_analysis_stats":{"undetected":1e300}"#, .badValue("last_analysis_stats.undetected")),
        (#""last_analysis_stats":{},"reputation":{}"#, .badValue("reputation")),
        (#""last_analysis_stats":{},"last_analysis_date":-1"#, .badValue("last_analysis_date")),
        (#""last_analysis_stats":{},"last_analysis_date":99999999999999"#, .badValue("last_analysis_date")),
        (#""last_analysis_stats":{},"last_analysis_results":[]"#, .badValue("last_analysis_results")),
        (#""last_analysis_stats":{},"tags":"tor""#, .badValue("tags")),
    ])
    func `a value that decides the verdict must be usable`(attributes: String, expected: AnswerProblem) {
        #expect(problem(answer(attributes)) == expected)
    }

    @Test func `numbers in text, whole decimals and nulls are usable`() throws {
        let body = answer(
            #""last_analysis_stats":{"malicious":"7","suspicious":2.0,"harmless":null},"reputation":null,"tags":null"#)
        #expect(problem(body) == nil)
        let facts = try facts(body)
        #expect(facts.stats.malicious == 7 && facts.stats.suspicious == 2 && facts.stats.total == 9)
    }

    @Test func `without a data key there is no record, with any there is one`() throws {
        for text in ["{}", "[]", "null", "3", #""data""#, #"{"error":{}}"#] {
            let value = try #require(JSONValue(parsing: Array(text.utf8)))
            #expect(AnswerReader.judgeable(value) == .notFound, "\(text)")
        }
        for text in ["null", "{}", "[]", "7", #"{"attributes":null}"#, #"{"attributes":[1]}"#] {
            #expect(try facts(Array(#"{"data":\#(text)}"#.utf8)) == ReputationFacts(), "\(text)")
        }
    }

    @Test(arguments: [
        (#""3""#, 3), ("3.9", 3), ("-3.9", -3), ("true", 1), ("false", 0), ("null", 0), (#""""#, 0), (#"" 4 ""#, 4),
        (#""4.5""#, 0), ("{}", 0), ("[5]", 0), ("1e400", 0), ("1e300", 1_000_000_000_000),
        ("-99999999999999999999", -1_000_000_000_000),
    ])
    func `explain reads a count as the reference's int() does, and never overflows`(count: String, expected: Int) throws
    {
        let facts = try facts(answer(#""last_analysis_stats":{"malicious":\#(count)},"reputation":\#(count)"#))
        #expect(facts.stats.malicious == expected)
        #expect(facts.reputation == expected)
        #expect(facts.stats.total == expected)
    }

    @Test func `odd results, tags and dates count as nothing`() throws {
        let facts = try facts(
            answer(
                #""last_analysis_results":{"a":null,"b":7,"c":{"category":"malicious"},"d":{"category":null},"#
                    + #""e":{"category":"suspicious"},"f":{"category":"timeout"}},"#
                    + #""tags":["tor",5,null,["x"],"vpn"],"last_analysis_date":0,"as_owner":null,"asn":"AS7","country":{}"#
            ))
        #expect(facts == ReputationFacts(enginesMalicious: 1, enginesSuspicious: 1, tags: ["tor", "vpn"], asn: "AS7"))
    }

    @Test func `texts are bounded on a character`() throws {
        let owner = String(repeating: "ü", count: 200)
        let tags = (0..<100).map { "\"\($0)" + String(repeating: "t", count: 100) + "\"" }.joined(separator: ",")
        let facts = try facts(answer(#""as_owner":"\#("x" + owner)","tags":[\#(tags)]"#))
        #expect(facts.owner?.utf8.count == 255)
        #expect(facts.tags.count == 64 && facts.tags.allSatisfy { $0.utf8.count == 64 })
    }

    @Test func `a deep or huge document is refused without harm`() {
        let deep = String(repeating: "[", count: 200_000)
        #expect(problem(Array(deep.utf8)) == .notJSON)
        #expect(problem(Array((deep + String(repeating: "]", count: 200_000)).utf8)) == .notJSON)
        for (levels, expected) in [(60, nil), (62, AnswerProblem.notJSON)] {
            let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            #expect(problem(answer(#""last_analysis_stats":{},"rdap":\#(nested)"#)) == expected)
        }
        let inText = answer(#""last_analysis_stats":{},"whois":"\#(String(repeating: "[{\\\"", count: 10_000))""#)
        #expect(problem(inText) == nil)
    }

    @Test func `the problem says what was found, on one line`() {
        let text = AnswerProblem.otherAddress("1.2.3.4\n\u{1b}[31m", asked: asked).description
        #expect(text == "the answer is for \"1.2.3.4  [31m\", not for 64.62.197.132")
    }
}

struct OtherAnswerTests {
    @Test func `an error answer gives its code`() {
        #expect(
            AnswerReader.readError(Array(#"{"error":{"code":"NotFoundError","message":"x"}}"#.utf8)) == "NotFoundError")
        for body in ["", "<html>", "{}", #"{"error":"NotFoundError"}"#, #"{"error":{"code":7}}"#] {
            #expect(AnswerReader.readError(Array(body.utf8)) == nil, "\(body)")
        }
    }

    @Test func `files are counted, unresolved ones too, strong from 5 engines`() throws {
        let files = AnswerReader.readFiles(try fixture("vt-communicating-files.json"))
        #expect(files == PivotFacts(totalFiles: 5, strongFiles: 3))
    }

    @Test func `only the first ten files count`() {
        let weak = #"{"attributes":{"last_analysis_stats":{"malicious":4}}}"#
        let strong = #"{"attributes":{"last_analysis_stats":{"malicious":5}}}"#
        let list = (Array(repeating: weak, count: 9) + [strong, strong]).joined(separator: ",")
        #expect(
            AnswerReader.readFiles(Array(#"{"data":[\#(list)]}"#.utf8)) == PivotFacts(totalFiles: 10, strongFiles: 1))
        #expect(AnswerReader.readFiles(Array(#"{"data":[]}"#.utf8)) == PivotFacts(totalFiles: 0, strongFiles: 0))
        #expect(AnswerReader.readFiles(Array(#"{"error":{"code":"ForbiddenError"}}"#.utf8)) == nil)
    }

    @Test func `the account's counters are read, or nothing`() throws {
        let quotas = try #require(AnswerReader.readQuotas(try fixture("vt-overall-quotas.json")))
        #expect(quotas == (37, 500, 1204, 15_500))
        let daily = #"{"data":{"api_requests_daily":{"user":{"allowed":500,"used":1}}}}"#
        #expect(AnswerReader.readQuotas(Array(daily.utf8)) == nil)
    }
}
