/// Why an answer is not taken for VirusTotal's word about the address that was asked.
package enum AnswerProblem: Error, Sendable, Equatable {
    case notJSON
    /// No `data` object.
    case noData
    /// `data.type`; nil when it is absent.
    case otherType(String?)
    /// `data.id`; nil when it is absent.
    case otherAddress(String?, asked: IPAddress)
    /// `data.attributes.last_analysis_stats` is no object.
    case noStats
    /// A value that decides the verdict is of the wrong type or out of range: its path below `data.attributes`.
    case badValue(String)
}

extension AnswerProblem: CustomStringConvertible {
    /// For log, status and `explain`: what was found, bounded, without control characters.
    package var description: String {
        switch self {
        case .notJSON: "the answer is no JSON"
        case .noData: "the answer has no data object"
        case .otherType(let type): "the answer is of type \(Self.quoted(type)), not ip_address"
        case .otherAddress(let id, let asked): "the answer is for \(Self.quoted(id)), not for \(asked)"
        case .noStats: "the answer has no last_analysis_stats"
        case .badValue(let path): "the answer's \(path) is no usable value"
        }
    }

    private static func quoted(_ text: String?) -> String {
        guard let text else { return "nothing" }
        return "\"" + text.prefix(bytes: 64).withoutControls + "\""
    }
}
