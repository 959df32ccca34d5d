import Synchronization
package import VTEnrichCore

/// VirusTotal's API v3 over the network (`virustotal.md` §1-§4): one request for each call, never a retry. Counting,
/// waiting and trying again are the scheduler's.
package final class VirusTotalClient: ReputationClient {
    private let lanes: Result<Lanes, ProviderFailure>
    private let user: String?

    /// - Parameters:
    ///   - key: nil makes every answer a `stop`.
    ///   - parallel: connections; requests beyond them wait for each other.
    package init(settings: Configuration.VirusTotal, key: APIKey?, parallel: Int = 4) {
        user = settings.user
        guard let key else {
            lanes = .failure(Self.unusable("there is no API key; write it to \(settings.apiKeyFile) and reload"))
            return
        }
        guard let url = ServiceURL(settings.url), url.credentials == nil else {
            lanes = .failure(Self.unusable("virustotal.url is not a URL such as https://www.virustotal.com"))
            return
        }
        let options = CurlOptions(
            url: url, key: key, proxy: settings.proxy, caFile: settings.caFile, timeout: settings.timeout)
        lanes = .success(Lanes(options, count: parallel))
    }

    private static func unusable(_ cause: String) -> ProviderFailure {
        ProviderFailure(action: .stop, status: 0, message: cause, wasSent: false)
    }

    package func lookUp(_ address: IPAddress) async -> LookupAnswer<Reputation> {
        let path = "/api/v3/ip_addresses/\(address)"
        return await ask(.address, path, about: "lookup of \(address)") { reply in
            switch reply.meaning {
            case .answer:
                switch AnswerReader.read(body: reply.body, asked: address) {
                case .success(let reputation): .value(reputation)
                case .failure(let problem): .failure(reply.refused("\(problem)"))
                }
            case .notFound: .value(.notFound)
            case .invalid: .value(.invalid)
            default: .failure(reply.failure)
            }
        }
    }

    package func communicatingFiles(_ address: IPAddress) async -> LookupAnswer<PivotFacts> {
        let path = "/api/v3/ip_addresses/\(address)/communicating_files?limit=10"
        return await ask(.files, path, about: "communicating files of \(address)") { reply in
            switch reply.meaning {
            case .answer:
                AnswerReader.readFiles(reply.body).map(LookupAnswer.value)
                    ?? .failure(reply.refused("the answer is no list of files"))
            case .notFound: .value(PivotFacts(totalFiles: 0, strongFiles: 0))
            default: .failure(reply.failure)
            }
        }
    }

    package func serverQuota() async -> LookupAnswer<ServerQuota> {
        guard let user else {
            let message = "the server's quota counters are read only where virustotal.user is set"
            return .failure(ProviderFailure(action: .notPermitted, status: 0, message: message, wasSent: false))
        }
        let path = "/api/v3/users/\(Self.escaped(user))/overall_quotas"
        return await ask(.quotas, path, about: "lookup of the quota counters") { reply in
            guard reply.meaning == .answer else { return .failure(reply.failure) }
            guard let quotas = AnswerReader.readQuotas(reply.body) else {
                return .failure(reply.refused("the answer has no quota counters"))
            }
            return .value(
                ServerQuota(
                    dayUsed: quotas.dayUsed, dayAllowed: quotas.dayAllowed, monthUsed: quotas.monthUsed,
                    monthAllowed: quotas.monthAllowed))
        }
    }

    /// - Parameter what: names the request in failures.
    private func ask<Value>(
        _ request: ErrorTable.Request, _ path: String, about what: String,
        read: (ProviderReply) -> LookupAnswer<Value>
    ) async -> LookupAnswer<Value> {
        switch lanes {
        case .failure(let failure):
            return .failure(failure)
        case .success(let lanes):
            switch await lanes.get(path) {
            case .success(let answer):
                return read(ProviderReply(answer, to: request, about: what))
            case .failure(let failure):
                let message = "VirusTotal: \(what) failed: \(failure.cause)"
                return .failure(
                    ProviderFailure(action: .backOff, status: 0, message: message, wasSent: failure.wasSent))
            }
        }
    }

    /// A path segment: everything but letters, digits and `-._~` percent-encoded.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains(scalar))
            return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// The transports: a request takes the least busy one, the first of equals, so that requests one after another share a
/// connection.
private final class Lanes: Sendable {
    private let transports: [CurlTransport]
    private let busy: Mutex<[Int]>

    init(_ options: CurlOptions, count: Int) {
        transports = (0..<max(1, count)).map { _ in CurlTransport(options) }
        busy = Mutex(Array(repeating: 0, count: transports.count))
    }

    func get(_ path: String) async -> TransportResult {
        let lane = busy.withLock { busy in
            let lane = busy.indices.min { busy[$0] < busy[$1] } ?? 0
            busy[lane] += 1
            return lane
        }
        defer { busy.withLock { $0[lane] -= 1 } }
        return await transports[lane].get(path)
    }
}
