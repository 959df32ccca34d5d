/// Why the event about an address is what it is, for `explain`: the reference's judgement of any answer, rule by rule, and
/// a note wherever the daemon would do something else.
package struct Explanation: Sendable {
    package enum Outcome: Sendable, Equatable {
        case judged(ReputationFacts, Judgement)
        case noRecord
        /// What the daemon sends when waiting did not or cannot help.
        case unenriched(UnenrichedReason, status: Int, description: String)
    }

    package let source: EventSource
    package let outcome: Outcome
    /// Where the daemon would act otherwise, or would not act at all.
    package private(set) var notes: [String] = []
    private let cache: EnrichedEvent.CacheMark

    /// What the settings and the moment add to the facts.
    package struct Context: Sendable {
        /// Seconds since 1970.
        package var now: Double
        package var settings: VerdictSettings
        package var allowlisted: Bool

        package init(now: Double, settings: VerdictSettings, allowlisted: Bool) {
            self.now = now
            self.settings = settings
            self.allowlisted = allowlisted
        }
    }

    /// An answer as it came.
    /// - Parameters:
    ///   - answer: the body; nil when it is no JSON.
    ///   - status: its HTTP status.
    package init(_ source: EventSource, answer: JSONValue?, status: Int, _ context: Context) {
        self.source = source
        cache = EnrichedEvent.CacheMark(isHit: false)
        switch status {
        case 200..<400:
            guard let answer else {
                outcome = Self.failed(status, "The answer is no JSON")
                break
            }
            outcome = Self.outcome(AnswerReader.judgeable(answer), pivot: nil, fresh: true, context)
            if status != 200 { notes.append("the daemon takes only status 200 for an answer, this is \(status)") }
            if let problem = AnswerReader.problem(of: answer, asked: source.address) {
                notes.append("the daemon would refuse this answer and ask again: \(problem)")
            } else if AnswerReader.isEmptyAnalysis(answer) {
                notes.append("the daemon takes an analysis without engines and date for no record")
            }
        case 404:
            outcome = .noRecord
            if answer.flatMap(AnswerReader.errorCode) != "NotFoundError" {
                notes.append("the daemon would take this 404 for a failure and ask again: its body is not VirusTotal's")
            }
        default:
            outcome = Self.refused(status, code: answer.flatMap(AnswerReader.errorCode))
        }
        addNotes(context)
    }

    /// An entry of the cache.
    package init(
        _ source: EventSource, cached reputation: Reputation, pivot: PivotFacts?, cache: EnrichedEvent.CacheMark,
        _ context: Context
    ) {
        self.source = source
        self.cache = cache
        outcome = Self.outcome(reputation, pivot: pivot, fresh: !cache.isStale, context)
        if cache.isStale { notes.append("this entry is past its time: the daemon looks the address up again") }
        addNotes(context)
    }

    package var event: [UInt8] {
        switch outcome {
        case .judged(let facts, let judgement): EnrichedEvent.found(source, facts, judgement, cache: cache)
        case .noRecord: EnrichedEvent.noRecord(source)
        case .unenriched(let reason, let status, let description):
            EnrichedEvent.unenriched(source, reason: reason, status: status, description: description)
        }
    }

    private static func outcome(
        _ reputation: Reputation, pivot: PivotFacts?, fresh: Bool, _ context: Context
    ) -> Outcome {
        switch reputation {
        case .found(let facts):
            let judgement = VerdictFlow.judge(
                facts, pivot: pivot, now: context.now, settings: context.settings, allowlisted: context.allowlisted,
                fresh: fresh)
            return .judged(facts, judgement)
        case .notFound: return .noRecord
        case .invalid: return refused(400, code: "InvalidArgumentError")
        }
    }

    private static func refused(_ status: Int, code: String?) -> Outcome {
        switch ErrorTable.meaning(status: status, code: code, of: .address) {
        case .invalid:
            .unenriched(.invalidAddress, status: status, description: EnrichedEvent.invalidAddress)
        case .keyRejected, .notPermitted:
            .unenriched(.keyRejected, status: status, description: "VirusTotal rejects the API key")
        case .quotaExceeded:
            .unenriched(.quota, status: status, description: "VirusTotal's quota is spent")
        case .answer, .notFound, .failure: failed(status, "VirusTotal gave no usable answer")
        }
    }

    private static func failed(_ status: Int, _ description: String) -> Outcome {
        .unenriched(.providerUnavailable, status: status, description: description)
    }

    private mutating func addNotes(_ context: Context) {
        switch outcome {
        case .unenriched(.quota, _, _), .unenriched(.providerUnavailable, _, _):
            notes.append("the daemon asks again, and sends this event only after queue.max_wait")
        default: break
        }
        if context.allowlisted { notes.append("the address is on the allowlist: the daemon never looks it up") }
        if !source.address.isPublic { notes.append("the address is not a public one: the daemon never looks it up") }
    }
}
