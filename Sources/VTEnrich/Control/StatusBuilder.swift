import Synchronization
import VTEnrichCore

/// Puts a status report together from the tables and, in a running daemon, from the stages' snapshots.
package struct StatusBuilder {
    package struct Live {
        package var pid: Int32
        package var uptime: Double
        package var loadedAt: Double
        package var lastReload: String?
        package var follower: FollowerStatus
        package var provider: ProviderStatus
        package var sinks: [String: SinkStatus]
        /// nil: this manager is alone.
        package var cluster: StatusReport.Cluster?
        /// Faults of the daemon as a whole: a refused reload, a stage that hangs.
        package var problems: [String]

        package init(
            pid: Int32, uptime: Double, loadedAt: Double, lastReload: String?, follower: FollowerStatus,
            provider: ProviderStatus, sinks: [String: SinkStatus], cluster: StatusReport.Cluster? = nil,
            problems: [String]
        ) {
            self.pid = pid
            self.uptime = uptime
            self.loadedAt = loadedAt
            self.lastReload = lastReload
            self.follower = follower
            self.provider = provider
            self.sinks = sinks
            self.cluster = cluster
            self.problems = problems
        }
    }

    package var configuration: Configuration
    package var configurationPath: String
    package var version: String
    /// Wall clock.
    package var now: Double

    package init(configuration: Configuration, configurationPath: String, version: String, now: Double) {
        self.configuration = configuration
        self.configurationPath = configurationPath
        self.version = version
        self.now = now
    }

    /// `live` nil: the daemon is down, the tables alone speak. `state` nil: there is no state yet.
    package func report(state: StateSummary?, usage: QuotaUsage?, live: Live?) -> StatusReport {
        let state = state ?? StateSummary()
        var report = StatusReport(
            health: .stopped, version: version, config: .init(path: configurationPath),
            follower: follower(state, live?.follower))
        report.queue = queue(state, usage)
        if let usage { report.quota = quota(usage) } else { report.quota = emptyQuota() }
        report.cache = .init(
            entries: state.cache.entries, hits: state.counters[.cacheHits] ?? 0,
            misses: state.counters[.cacheMisses] ?? 0, staleServed: state.counters[.staleServed] ?? 0,
            byVerdict: state.cache.byVerdict)
        report.abuseipdb = abuseIPDB(state.abuseIPDB)
        report.output = sinks(state, live)
        guard let live else { return report }
        report.pid = Int(live.pid)
        report.uptimeSeconds = Int(live.uptime)
        report.config.loadedAt = Timestamp.text(live.loadedAt)
        report.config.lastReload = live.lastReload
        report.logLinesLost = StandardErrorLog.lost.withLock { $0 }
        report.provider = provider(live.provider)
        report.cluster = live.cluster
        report.quota.serverDayUsed = live.provider.serverDayUsed
        judge(&report, live)
        return report
    }

    private func follower(_ state: StateSummary, _ live: FollowerStatus?) -> StatusReport.Follower {
        func count(_ counter: Counter) -> Int { state.counters[counter] ?? 0 }
        return StatusReport.Follower(
            path: configuration.alerts.path,
            offset: live.map { $0.offset.map(Int.init) } ?? state.checkpoint.map { Int($0.offset) },
            size: live?.size.map(Int.init), lagBytes: live.map { Int($0.lagBytes) }, linesRead: count(.linesRead),
            matched: count(.matched),
            withoutAddress: count(.withoutAddress), malformed: count(.malformed), oversize: count(.oversize),
            ownEvents: count(.ownEvents), rotations: count(.rotations), truncations: count(.truncations),
            bytesLost: count(.bytesLost), partialBytes: live.map { Int($0.partialBytes) },
            waitingForFile: live?.waitingForFile,
            polling: live?.polling, paused: live?.paused)
    }

    private func queue(_ state: StateSummary, _ usage: QuotaUsage?) -> StatusReport.Queue {
        var queue = StatusReport.Queue(pending: state.pending, waitingIps: state.waitingAddresses)
        queue.oldestSeconds = state.oldestPending.map { max(0, Int(now - $0)) }
        queue.ages = state.ages?.byLimit
        if let usage, state.waitingAddresses > 0 {
            queue.clearsAt = BacklogEstimate.clearsAt(waiting: state.waitingAddresses, budget: usage.budget, now: now)
                .map(Timestamp.text)
        }
        return queue
    }

    private func quota(_ usage: QuotaUsage) -> StatusReport.Quota {
        .init(
            minute: .init(used: usage.minuteUsed, limit: usage.limits.perMinute),
            day: .init(
                used: usage.dayUsed, limit: usage.limits.perDay, resetsAt: Timestamp.text(usage.dayResetsAt)),
            month: .init(
                used: usage.monthUsed, limit: usage.limits.perMonth, resetsAt: Timestamp.text(usage.monthResetsAt)),
            dayByOthers: usage.dayByOthers, closed: usage.isClosed)
    }

    private func emptyQuota() -> StatusReport.Quota {
        let limits = configuration.virusTotal.quota
        return quota(
            QuotaUsage(
                minuteUsed: 0, dayUsed: 0, monthUsed: 0, dayByOthers: 0, limits: limits, isClosed: false,
                dayResetsAt: UTCDate.nextDay(after: now),
                monthResetsAt: UTCDate.nextMonth(after: now)))
    }

    private func provider(_ live: ProviderStatus) -> StatusReport.Provider {
        .init(
            state: live.state.rawValue, lastOk: live.lastOK.map(Timestamp.text), lastError: live.lastError,
            latencyMsP50: live.latency(0.5), latencyMsP95: live.latency(0.95), inFlight: live.inFlight,
            pivotRefused: live.pivotRefused)
    }

    private func abuseIPDB(_ state: SourceState) -> StatusReport.Source? {
        guard configuration.abuseIPDB.apiKeyFile != nil else { return nil }
        return .init(
            day: .init(
                used: state.usedToday, limit: configuration.abuseIPDB.perDay,
                resetsAt: Timestamp.text(UTCDate.nextDay(after: now))),
            closedUntil: state.closedUntil.map(Timestamp.text), lastError: state.trouble)
    }

    private func sinks(_ state: StateSummary, _ live: Live?) -> [String: StatusReport.Sink] {
        var sinks: [String: StatusReport.Sink] = [:]
        func count(_ counter: Counter) -> Int { state.counters[counter] ?? 0 }
        // The counters are analysisd's; a file beside it is counted with it.
        sinks["analysisd"] = StatusReport.Sink(
            waiting: state.outbox["analysisd"] ?? 0, sent: count(.sent), confirmed: count(.confirmed),
            unconfirmed: count(.unconfirmed), repeated: count(.repeated), retries: count(.retries),
            dropped: count(.dropped), lastError: live?.sinks["analysisd"]?.lastError)
        if configuration.outputFile != nil {
            sinks["file"] = StatusReport.Sink(
                waiting: state.outbox["file"] ?? 0, lastError: live?.sinks["file"]?.lastError)
        }
        for name in configuration.outputs.map(\.name) {
            let counts = state.outputs[name] ?? [:]
            sinks[name] = StatusReport.Sink(
                waiting: state.outbox[name] ?? 0, sent: counts[.sent] ?? 0, retries: counts[.retries] ?? 0,
                unanswered: counts[.unanswered] ?? 0, deadLetters: counts[.deadLetters] ?? 0,
                suppressed: counts[.suppressed] ?? 0, lastError: live?.sinks[name]?.lastError)
        }
        return sinks
    }

    /// Failing: no alert can get through. Degraded: it works, but something needs the operator or time.
    private func judge(_ report: inout StatusReport, _ live: Live) {
        var (failing, degraded): ([String], [String]) = ([], live.problems)
        if let problem = live.provider.problem { failing.append(problem) }
        degraded += live.follower.problems.filter { $0 != live.provider.problem }
        switch live.provider.state {
        case .ok: break
        case .noKey:
            degraded.append(
                "no API key: alerts wait; put the key into \(configuration.virusTotal.apiKeyFile) and reload")
        case .keyRejected:
            degraded.append(
                "VirusTotal rejects the API key: put a valid one into \(configuration.virusTotal.apiKeyFile) and reload"
            )
        case .rateLimited, .unavailable:
            degraded.append(live.provider.lastError ?? "VirusTotal does not answer")
        }
        if let error = report.abuseipdb?.lastError { degraded.append(error) }
        if let cluster = live.cluster { degraded += cluster.problems }
        for (name, sink) in live.sinks.sorted(by: { $0.key < $1.key }) where sink.failing {
            degraded.append("\(name): \(sink.lastError ?? "cannot send")")
        }
        if live.follower.waitingForFile, live.follower.problems.isEmpty {
            degraded.append("waiting for \(live.follower.path)")
        }
        if let sink = report.output["analysisd"], sink.unconfirmed > 0, sink.confirmed == 0 {
            degraded.append(
                "none of \(sink.unconfirmed) events came back as an alert: the rules of rules/ are not installed, "
                    + "or log_alert_level in ossec.conf hides them; nothing is repeated")
        }
        report.problems = failing + degraded
        report.health = failing.isEmpty ? (degraded.isEmpty ? .healthy : .degraded) : .failing
    }
}

extension StatusReport.Cluster {
    /// What of it needs the operator or time.
    fileprivate var problems: [String] {
        var problems: [String] = []
        if !connected {
            let then = shareFrom.map { "from \($0) on this node goes on" } ?? "this node goes on"
            problems.append(
                "the cluster at \(redis) is away since \(since): \(lastError ?? "no answer"); \(then) with its share: "
                    + "\(share.minute) lookups a minute, \(share.day) a day")
        } else if quota == "waiting" {
            problems.append(
                "the cluster's server is new or has forgotten: lookups wait until all nodes have told what they spent")
        } else if quota == "own_share" {
            problems.append(
                "only \(nodesPresent ?? 0) of \(nodesConfigured) nodes are there: this node goes on with its share")
        }
        if let present = nodesPresent, present > nodesConfigured {
            problems.append(
                "\(present) nodes share the key, cluster.nodes says \(nodesConfigured): correct it on all of them")
        }
        return problems
    }
}
