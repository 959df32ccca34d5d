import VTEnrichCore

/// The way to one receiver: words what lies in the outbox and hands it over. What an answer means is its to say; when to try
/// again, how often and for how long is the deliverer's.
///
/// Called by one deliverer, one call at a time, on its queue; may block there.
protocol OutputChannel: Sendable {
    /// How many bodies one call takes at most.
    var batch: Int { get }
    /// Every so many seconds it is called without bodies; nil: never.
    var upkeep: Double? { get }
    /// Hands over bodies of outbox rows, all or none. A cancelled task makes it return soon with `stopped`.
    nonisolated(nonsending) func send(_ bodies: [[UInt8]]) async -> OutputOutcome
}

extension OutputChannel {
    var upkeep: Double? { nil }
}

extension OutputSettings {
    /// - Parameter secret: as `loadSecret` gives it.
    func channel(secret: APIKey?) throws(SecretError) -> any OutputChannel {
        switch kind {
        case .thehive: HTTPChannel.theHive(self, key: secret?.headerValue ?? "")
        case .webhook: try HTTPChannel.webhook(self, address: secret?.headerValue ?? "")
        case .file: FileChannel(path: path ?? "", rotateSize: rotateSize, keep: keep)
        case .email: MailChannel(self, password: secret)
        case .cdb: ListChannel(self)
        }
    }
}
