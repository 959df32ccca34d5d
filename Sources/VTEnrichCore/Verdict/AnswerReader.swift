/// Reads VirusTotal's answers (`virustotal.md` §1, §2, §3.2, §4). Whatever comes in, no call traps or takes long.
///
/// Reading and judging are two steps (contract §3): `read` takes only what is VirusTotal's answer about the asked
/// address, `judgeable` takes any JSON the way the reference integration does.
package enum AnswerReader {
    /// The body of a 200 about `asked`. An empty analysis is no record (`virustotal.md` §1.5).
    package static func read(body: [UInt8], asked: IPAddress) -> Result<Reputation, AnswerProblem> {
        guard let answer = JSONValue(parsing: body) else { return .failure(.notJSON) }
        if let problem = problem(of: answer, asked: asked) { return .failure(problem) }
        return .success(isEmptyAnalysis(answer) ? .notFound : judgeable(answer))
    }

    /// Why `read` refuses this answer; nil when it takes it.
    package static func problem(of answer: JSONValue, asked: IPAddress) -> AnswerProblem? {
        guard let data = answer["data"], case .object = data else { return .noData }
        guard data["type"]?.text == "ip_address" else { return .otherType(data["type"]?.text) }
        guard let id = data["id"]?.text, IPAddress(id)?.unwrapped == asked.unwrapped else {
            return .otherAddress(data["id"]?.text, asked: asked)
        }
        guard let attributes = data["attributes"], let stats = attributes["last_analysis_stats"], case .object = stats
        else { return .noStats }
        for name in ["malicious", "suspicious", "harmless", "undetected"] where !isCount(stats[name]) {
            return .badValue("last_analysis_stats." + name)
        }
        if let reputation = attributes["reputation"], reputation != .null, reputation.exactInteger == nil {
            return .badValue("reputation")
        }
        if let date = attributes["last_analysis_date"], date != .null {
            guard let seconds = date.exactInteger, (0...RFC3339.range.upperBound).contains(seconds) else {
                return .badValue("last_analysis_date")
            }
        }
        return containerProblem(of: attributes)
    }

    private static func containerProblem(of attributes: JSONValue) -> AnswerProblem? {
        switch attributes["last_analysis_results"] {
        case nil, .null, .object: break
        default: return .badValue("last_analysis_results")
        }
        switch attributes["tags"] {
        case nil, .null, .array: return nil
        default: return .badValue("tags")
        }
    }

    private static func isCount(_ value: JSONValue?) -> Bool {
        guard let value, value != .null else { return true }
        return value.exactInteger.map { (0...1_000_000).contains($0) } ?? false
    }

    /// No engine, no date: `read` takes it for no record.
    package static func isEmptyAnalysis(_ answer: JSONValue) -> Bool {
        guard case .found(let facts) = judgeable(answer) else { return true }
        if case .object(let results)? = answer["data"]?["attributes"]?["last_analysis_results"], !results.isEmpty {
            return false
        }
        return facts.stats.total == 0 && facts.lastAnalysisDate == nil
    }
}

// MARK: Other answers

extension AnswerReader {
    /// `error.code` of an error answer: `NotFoundError`, `QuotaExceededError` …; nil when the body is not VirusTotal's.
    package static func readError(_ body: [UInt8]) -> String? {
        JSONValue(parsing: body).flatMap(errorCode)
    }

    package static func errorCode(of answer: JSONValue) -> String? {
        guard let code = answer["error"]?["code"]?.text, !code.isEmpty else { return nil }
        return code.prefix(bytes: 64)
    }

    /// The first ten communicating files. An entry that VirusTotal could not resolve counts as a file, not as a strong
    /// one. nil when the body is no such list.
    package static func readFiles(_ body: [UInt8]) -> PivotFacts? {
        guard let answer = JSONValue(parsing: body), case .array(let entries)? = answer["data"] else { return nil }
        let files = entries.prefix(10)
        let strong = files.count {
            let stats = $0["attributes"]?["last_analysis_stats"]
            return (stats?["malicious"]?.lenientInteger ?? 0) >= VerdictFlow.strongFileEngines
        }
        return PivotFacts(totalFiles: files.count, strongFiles: strong)
    }

    /// The account's own counters of `overall_quotas`; nil when one of the four is missing.
    package static func readQuotas(
        _ body: [UInt8]
    ) -> (dayUsed: Int, dayAllowed: Int, monthUsed: Int, monthAllowed: Int)? {
        guard let data = JSONValue(parsing: body)?["data"] else { return nil }
        func counter(_ period: String, _ name: String) -> Int? {
            data[period]?["user"]?[name]?.exactInteger.flatMap { $0 >= 0 ? $0 : nil }
        }
        guard let dayUsed = counter("api_requests_daily", "used"),
            let dayAllowed = counter("api_requests_daily", "allowed"),
            let monthUsed = counter("api_requests_monthly", "used"),
            let monthAllowed = counter("api_requests_monthly", "allowed")
        else { return nil }
        return (dayUsed, dayAllowed, monthUsed, monthAllowed)
    }
}
