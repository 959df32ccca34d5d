import Logging
import VTEnrichCore

/// What VirusTotal's answers, failures and counters mean for the requests to come: the one place that decides what is retried.
extension Scheduler {
    func succeeded() async {
        circuit.succeeded()
        status.state = .ok
        status.lastOK = parts.clock.wall()
        guard refusals > 0 else { return }
        do {
            try await parts.ledger.open()
            (refusals, refusedUntil) = (0, 0)
        } catch {
            failed(to: error)
        }
    }

    func failed(_ failure: ProviderFailure) async {
        lastFailure = failure
        status.lastError = failure.message
        status.lastErrorAt = parts.clock.wall()
        switch failure.action {
        case .stop:
            if circuit.state != .stopped { parts.log.error("\(failure.message)") }
            circuit.stop()
            status.state = .keyRejected
            await parts.ledger.rejectKey()
        case .wait(let retryAfter): await limited(failure, retryAfter: retryAfter)
        case .backOff, .notPermitted:
            parts.log.warning("\(failure.message)")
            circuit.failed(at: parts.clock.boot(), jitter: Double.random(in: 0...1))
            status.state = .unavailable
        }
    }

    /// 429: the server does not say which window is spent. The first is taken for the minute's; one more after that was over
    /// must be the day's or the month's: then one probe an hour at most until the window resets (T27, T28). Requests that
    /// were on their way together are refused together, as one.
    private func limited(_ failure: ProviderFailure, retryAfter: Double?) async {
        let now = parts.clock.wall()
        if now >= refusedUntil || refusals == 0 { refusals += 1 }
        circuit.answered()
        status.state = .rateLimited
        var pause = refusals == 1 ? MinuteLog.hold : 3_600
        if refusals > 1 { pause = min(pause, max(1, UTCDate.nextDay(after: now) - now + 1)) }
        pause = min(86_400, max(pause, retryAfter ?? 0, refusedUntil - now))
        refusedUntil = now + pause
        parts.log.warning("\(failure.message); no request before \(Timestamp.text(refusedUntil))")
        countersDue = 0
        do {
            try await parts.ledger.close(until: refusedUntil)
        } catch {
            failed(to: error)
            circuit.wait(until: parts.clock.boot() + pause)
        }
    }

    func circuitPause(at boot: Double) -> Double {
        if case .open(let until) = circuit.state { return max(0.05, until - boot) }
        return 3_600
    }

    /// What the ledger's refusal means: how long to wait, and whether Wazuh is to know.
    func refused(_ grant: QuotaGrant, boot: Double) async throws -> Double {
        let now = parts.clock.wall()
        switch grant {
        case .granted: return 0
        case .minute(let token): return token.map { max(0.01, $0 - boot) } ?? 3_600
        case .held: return 60
        case .daySpent(let until), .monthSpent(let until):
            try await noticeIfSpent()
            return max(1, min(3_600, until - now + 1))
        case .closed(let until): return max(0.05, min(3_600, until - now))
        case .keyRejected:
            await failed(
                ProviderFailure(
                    action: .stop, status: 401, message: "VirusTotal rejects the API key, as another manager was told",
                    wasSent: false))
            return 3_600
        }
    }

    /// Once a day, when the day's or the month's quota is spent, Wazuh is told (contract §3, rule 199906).
    func noticeIfSpent() async throws {
        let usage = try await parts.ledger.usage()
        let (day, month) = (usage.dayUsed >= usage.limits.perDay, usage.monthUsed >= usage.limits.perMonth)
        guard day || month, usage.limits.perDay > 0 else { return }
        let date = UTCDate(wall: parts.clock.wall()).description
        let resets = Timestamp.text(month ? usage.monthResetsAt : usage.dayResetsAt)
        let text =
            "the \(month ? "monthly" : "daily") VirusTotal quota is spent: "
            + "\(month ? usage.monthUsed : usage.dayUsed) lookups; the next ones go out at \(resets)"
        guard try parts.store.noticeDate() != date, await parts.ledger.mayTell(date) else { return }
        let id = EventID.makeNotice(key: parts.store.eventKey, day: date)
        let items = parts.composer(configuration).notice(id: id, description: text)
        if try parts.store.addNotice(items, date: date) {
            parts.log.notice("\(text)")
            parts.onEvents()
        }
    }

    /// The server's own counters, free of charge: at start, hourly and after a 429, when `virustotal.user` is set.
    func askForCounters(_ client: any ReputationClient, boot: Double) {
        guard configuration.virusTotal.user != nil, boot >= countersDue, circuit.state != .stopped else { return }
        countersDue = boot + 3_600
        counters = Task { await self.learnCounters(client) }
    }

    private func learnCounters(_ client: any ReputationClient) async {
        switch await client.serverQuota() {
        case .value(let quota):
            status.serverDayUsed = quota.dayUsed
            do {
                try await parts.ledger.learn(quota)
            } catch {
                failed(to: error)
            }
        case .failure(let failure):
            if case .stop = failure.action { await failed(failure) } else { parts.log.info("\(failure.message)") }
        }
    }
}
