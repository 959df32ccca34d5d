import VTEnrichCore

/// `type: email`: one message for each notice, or for all that came in a digest's time.
struct MailChannel: OutputChannel {
    private let transport: MailTransport
    private let from: String
    private let to: [String]
    private let clock: Clock

    let batch: Int

    init(_ output: OutputSettings, password: APIKey?, clock: Clock = .system) {
        transport = MailTransport(
            .init(
                server: output.server ?? "", port: output.port, isImplicitTLS: output.tls == .tls,
                needsTLS: output.tls == .starttls, user: output.user, password: password, caFile: output.caFile,
                timeout: output.timeout))
        (from, to, self.clock) = (output.from ?? "", output.to, clock)
        batch = output.digest > 0 ? 200 : 1
    }

    nonisolated(nonsending) func send(_ bodies: [[UInt8]]) async -> OutputOutcome {
        let notices = bodies.compactMap { OutputNotice($0) }
        guard !notices.isEmpty else { return .dead("its row in the outbox cannot be read") }
        let message = MailMessage.make(notices, from: from, to: to)
        let reply = await transport.send(message.bytes(now: clock.wall()), from: from, to: to)
        if reply.cause != nil, Task.isCancelled { return .stopped }
        return Self.judge(reply)
    }

    /// The one place that says what a mail server's answer means: its codes of 400 pass, those of 500 do not (RFC 5321 §4.2.1).
    static func judge(_ reply: MailTransport.Reply) -> OutputOutcome {
        guard let cause = reply.cause else { return .delivered("code \(reply.code)") }
        let said = reply.code > 0 ? "\(cause), code \(reply.code)" : cause
        if reply.isLoginRefused { return .refused("\(said): check user and password_file") }
        switch reply.code {
        case 530, 534, 535, 538: return .refused("\(said): check user, password_file and tls")
        case 550, 551, 553: return .refused("\(said): check from and to")
        case 500..<600: return .dead(said)
        default: return .retry(said, after: nil)
        }
    }
}
