import Synchronization
package import VTEnrich
package import VTEnrichCore

/// Answers lookups in process: at once, or when the test opens the gate. Records what was asked, in order.
package final class ScriptedClient: ReputationClient {
    private struct State {
        var asked: [IPAddress] = []
        var pivots: [IPAddress] = []
        var answers: [IPAddress: LookupAnswer<Reputation>] = [:]
        var otherwise: LookupAnswer<Reputation>
        var files: LookupAnswer<PivotFacts>
    }

    private let state: Mutex<State>
    /// While it is set, a lookup waits for `open`.
    private let gate: Doorbell?

    package init(
        _ otherwise: LookupAnswer<Reputation> = .value(.found(ReputationFacts(stats: .init(harmless: 60, total: 60)))),
        files: LookupAnswer<PivotFacts> = .value(PivotFacts(totalFiles: 0, strongFiles: 0)), gated: Bool = false
    ) {
        state = Mutex(State(otherwise: otherwise, files: files))
        gate = gated ? Doorbell() : nil
    }

    /// What was asked about, in order.
    package var asked: [IPAddress] { state.withLock { $0.asked } }
    package var pivots: [IPAddress] { state.withLock { $0.pivots } }

    package func answer(_ address: IPAddress, with answer: LookupAnswer<Reputation>) {
        state.withLock { $0.answers[address] = answer }
    }

    package func answerAll(with answer: LookupAnswer<Reputation>) {
        state.withLock { $0.otherwise = answer }
    }

    package func open() { gate?.ring() }

    package func lookUp(_ address: IPAddress) async -> LookupAnswer<Reputation> {
        state.withLock { $0.asked.append(address) }
        await gate?.wait(atMost: 60)
        return state.withLock { $0.answers[address] ?? $0.otherwise }
    }

    package func communicatingFiles(_ address: IPAddress) async -> LookupAnswer<PivotFacts> {
        state.withLock { state in
            state.pivots.append(address)
            return state.files
        }
    }

    package func serverQuota() async -> LookupAnswer<ServerQuota> {
        .failure(ProviderFailure(action: .notPermitted, status: 0, message: "no counters here", wasSent: false))
    }
}

extension ProviderFailure {
    package static let unavailable = ProviderFailure(
        action: .backOff, status: 503, message: "asking VirusTotal: HTTP 503", wasSent: true)
    package static let rejected = ProviderFailure(
        action: .stop, status: 401, message: "VirusTotal rejects the API key", wasSent: true)
    package static let limited = ProviderFailure(
        action: .wait(retryAfter: nil), status: 429, message: "VirusTotal: HTTP 429", wasSent: true)
}

extension EventSource {
    /// The nth alert of an address, as the follower would hand it over.
    package static func sample(_ number: Int, address: String, level: Int = 5) -> EventSource {
        EventSource(
            eventID: "event-\(number)", address: IPAddress(address) ?? .v4(0), alertID: "1753101678.\(number)",
            timestamp: "2025-07-21T12:41:18.157+0000", ruleID: "5710", level: level,
            agent: Alert.Agent(id: "001", name: "web-01", ip: "10.0.0.5"), location: "/var/log/auth.log",
            fullLog: "Invalid user admin from \(address) port 51514")
    }
}
