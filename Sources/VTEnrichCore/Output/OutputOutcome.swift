/// What became of a notice handed to an output.
package enum OutputOutcome: Sendable, Equatable {
    /// Taken; the text says by what answer.
    case delivered(String)
    /// It left and nothing came back: it may have arrived, and is not sent again, since that could start a workflow twice.
    case unanswered(String)
    /// Again later, not before `after` seconds where the service said so.
    case retry(String, after: Double?)
    /// This notice will never be taken.
    case dead(String)
    /// The service takes nothing of ours: a key, an address or a right is wrong. Again when an operator has had time.
    case refused(String)
    /// Given up because the daemon stops; all stays as it is.
    case stopped
}

/// What came back from a service.
package enum ServiceReply: Sendable, Equatable {
    /// - Parameter retryAfter: seconds.
    case answer(status: Int, body: [UInt8], retryAfter: Double?)
    /// - Parameter wasSent: false only when surely nothing left.
    case failure(cause: String, wasSent: Bool)
}

/// The services that outputs speak HTTP with. This is the one place that says what their answers mean (`outputs.md` §1-§3).
package enum OutputService: Sendable {
    case theHive, shuffle, slack, other

    package func judge(_ reply: ServiceReply) -> OutputOutcome {
        switch reply {
        case .failure(let cause, let wasSent):
            // TheHive knows a case by its sourceRef; a message that comes twice harms less than one that is missing; a
            // workflow must not run twice.
            return self == .shuffle && wasSent ? .unanswered(cause) : .retry(cause, after: nil)
        case .answer(let status, let body, let retryAfter):
            let said = Self.said(status, body)
            switch status {
            case 200..<300: return self == .shuffle ? judgeShuffle(body, said) : .delivered(said)
            case 300..<400: return .refused("\(said): a redirect, which is not followed; check the URL")
            case 401, 403: return .refused("\(said): check the key and its rights")
            case 408, 425, 429: return .retry(said, after: retryAfter)
            case 400..<500: return judgeRefusal(status, body, said)
            default: return .retry(said, after: retryAfter)
            }
        }
    }

    private func judgeRefusal(_ status: Int, _ body: [UInt8], _ said: String) -> OutputOutcome {
        switch self {
        case .theHive:
            let error = JSONValue(parsing: body)
            let exists = error?["message"]?.text?.contains("already exist") == true
            if status == 409 || (status == 400 && error?["type"]?.text == "CreateError" && exists) {
                return .delivered("\(said): it is there already")
            }
            return status == 404 && error?["type"] == nil ? .refused("\(said): check url") : .dead(said)
        case .shuffle:
            // All it says of a hook: stopped, gone, without a workflow.
            return .refused("\(said): start the workflow, or check the URL of its hook")
        case .slack: return status == 404 || status == 410 ? .refused("\(said): the hook is gone") : .dead(said)
        case .other: return status == 404 || status == 410 ? .refused("\(said): check the URL") : .dead(said)
        }
    }

    /// 200 with `"success":false` is no success.
    private func judgeShuffle(_ body: [UInt8], _ said: String) -> OutputOutcome {
        JSONValue(parsing: body)?["success"] == .bool(false) ? .dead(said) : .delivered(said)
    }

    /// `answered 400: {"type":"CreateError",…`, on one line.
    private static func said(_ status: Int, _ body: [UInt8]) -> String {
        let text = SafeText.line(String(decoding: body.prefix(200), as: UTF8.self), limit: 200).trimmed
        return "answered \(status)" + (text.isEmpty ? "" : ": \(text)")
    }
}
