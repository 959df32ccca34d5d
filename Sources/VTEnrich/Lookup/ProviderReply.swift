import Glibc
import VTEnrichCore

/// An answer of VirusTotal with its meaning, and the failure that it is where it says nothing about the question.
struct ProviderReply {
    let meaning: ErrorTable.Meaning
    private let answer: HTTPAnswer
    private let what: String
    private let code: String?
    private let request: ErrorTable.Request

    /// - Parameter what: names the request.
    init(_ answer: HTTPAnswer, to request: ErrorTable.Request, about what: String) {
        self.answer = answer
        self.what = what
        self.request = request
        // The status stands even where the body is cut or not what its headers say (`virustotal.md` §2).
        code = answer.status == 200 || answer.incomplete != nil ? nil : AnswerReader.readError(answer.body)
        let meaning = ErrorTable.meaning(status: answer.status, code: code, of: request)
        self.meaning = meaning == .answer && answer.incomplete != nil ? .failure : meaning
    }

    /// For an answer that carries no value.
    var failure: ProviderFailure {
        switch meaning {
        case .keyRejected:
            failure(.stop, "the API key is rejected; put a valid one into virustotal.api_key_file and reload")
        case .notPermitted:
            failure(.notPermitted, request == .quotas ? "check virustotal.user" : "this key may not ask for it")
        case .quotaExceeded:
            failure(.wait(retryAfter: retryAfter), "too many requests")
        case .answer, .failure, .notFound, .invalid:
            failure(.backOff, answer.incomplete ?? advice)
        }
    }

    var body: [UInt8] { answer.body }

    /// For a 200 that is not taken.
    func refused(_ problem: String) -> ProviderFailure {
        failure(.backOff, CurlFailure.line(problem))
    }

    private var retryAfter: Double? {
        answer.retryAfter.flatMap { RetryAfter.seconds($0, now: Double(time(nil))) }
    }

    private var advice: String {
        switch answer.status {
        case 300..<400: "a redirect, which is not followed; check virustotal.url"
        case 500...: "VirusTotal or a server before it has trouble"
        default: "not VirusTotal's answer to this request; check virustotal.url and what is between"
        }
    }

    private func failure(_ action: ProviderFailure.Action, _ reason: String) -> ProviderFailure {
        let name = code.map { " " + CurlFailure.line($0, limit: 64) } ?? ""
        return ProviderFailure(
            action: action, status: answer.status,
            message: "VirusTotal: \(what) was answered with \(answer.status)\(name): \(reason)", wasSent: true)
    }
}
