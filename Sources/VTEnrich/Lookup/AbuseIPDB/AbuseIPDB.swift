import Logging
import VTEnrichCore

/// AbuseIPDB as a second source: `GET /api/v2/check` (`outputs.md` §4), where it can change something, within its own day.
///
/// What it said last is used as long as `ttl`; its count for the day lies in `state.db`, and what its headers say of the limit is
/// believed. Whatever goes wrong, the facts stay as they are. Runs on its own queue, since the store blocks.
actor AbuseIPDB: SecondSource {
    private nonisolated let executor = QueueExecutor("abuseipdb")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let settings: Configuration.AbuseIPDB
    private let verdict: VerdictSettings
    private let transport: CurlTransport
    private let store: Store
    private let clock: Clock
    private let log: Logger
    /// The key was rejected: nothing more before a reload.
    private var isRejected = false
    /// The last trouble, logged once.
    private var trouble: String?

    /// - Parameter configuration: proxy and authorities are VirusTotal's.
    init(_ configuration: Configuration, key: APIKey, store: Store, clock: Clock, log: Logger) {
        settings = configuration.abuseIPDB
        verdict = configuration.verdict
        // The configuration takes no other.
        let url = ServiceURL(settings.url) ?? ServiceURL("https://invalid.")!
        var options = CurlOptions(
            url: url, headers: ["key: \(key.headerValue)", "accept: application/json"], secrets: [key.headerValue],
            proxy: configuration.virusTotal.proxy, caFile: configuration.virusTotal.caFile, timeout: settings.timeout)
        options.section = "abuseipdb"
        transport = CurlTransport(options)
        self.store = store
        self.clock = clock
        self.log = log
    }

    func complete(_ facts: ReputationFacts, of address: IPAddress) async -> ReputationFacts {
        let now = clock.wall()
        guard settings.when.applies(to: VerdictFlow.judge(facts, now: now, settings: verdict)) else { return facts }
        var completed = facts
        do {
            completed.abuse = try known(address, now)
            guard completed.abuse == nil, !isRejected,
                try store.spend(source: Store.abuseIPDB, perDay: settings.perDay, now: now)
            else { return completed }
        } catch {
            // The store logs its own faults.
            return facts
        }
        let path = "/api/v2/check?ipAddress=\(address.escapedForURL)&maxAgeInDays=\(settings.maxAgeDays)"
        completed.abuse = take(await transport.get(path), address)
        return completed
    }

    /// What was said before and still holds.
    private func known(_ address: IPAddress, _ now: Double) throws -> AbuseFacts? {
        guard case .found(let facts)? = try store.cachedVerdict(for: address)?.reputation, let abuse = facts.abuse,
            abuse.until > Int(now)
        else { return nil }
        return abuse
    }

    private func take(_ result: TransportResult, _ address: IPAddress) -> AbuseFacts? {
        switch result {
        case .failure(let failure):
            tell("AbuseIPDB does not answer: \(failure.cause)")
            return nil
        case .success(let answer):
            let now = clock.wall()
            if answer.status == 429 {
                close(answer.retryAfter.flatMap { RetryAfter.seconds($0, now: now) }, now)
            } else if answer.rateLimitRemaining == 0 {
                close(nil, now)
            }
            return take(answer, address, now)
        }
    }

    private func take(_ answer: HTTPAnswer, _ address: IPAddress, _ now: Double) -> AbuseFacts? {
        switch answer.status {
        case 200 where answer.incomplete == nil:
            let until = Int(now + settings.ttl)
            guard let facts = AbuseFacts.read(answer.body, asked: address, until: until) else {
                tell("AbuseIPDB: the answer is not one about \(address)")
                return nil
            }
            tell(nil)
            return facts
        case 401, 403:
            isRejected = true
            tell("AbuseIPDB rejects the key; put a valid one into \(settings.apiKeyFile ?? "") and reload")
        case 429:
            tell(nil)
            log.notice("AbuseIPDB says that the day's requests are spent")
        default: tell("AbuseIPDB answered \(answer.status)")
        }
        return nil
    }

    /// Nothing more for so long; without a time until the day ends.
    private func close(_ seconds: Double?, _ now: Double) {
        do {
            try store.close(source: Store.abuseIPDB, until: now + (seconds ?? UTCDate.nextDay(after: now) - now))
        } catch {
            // The store logs its own faults; the next answer says it again.
            return
        }
    }

    /// What is wrong, once in the log, and for `status`; nil: nothing.
    private func tell(_ text: String?) {
        if let text, trouble != text { log.warning("\(text)") }
        trouble = text
        do {
            try store.note(trouble: text, ofSource: Store.abuseIPDB)
        } catch {
            // The store logs its own faults.
            return
        }
    }
}

extension Configuration.AbuseIPDB.When {
    func applies(to judgement: Judgement) -> Bool {
        switch self {
        case .always: true
        case .borderline: judgement.isBorderline
        case .malicious: judgement.verdict == .malicious
        }
    }
}

extension IPAddress {
    /// For a query: the colons of IPv6 as `%3A`.
    fileprivate var escapedForURL: String { description.replacing(":", with: "%3A") }
}
