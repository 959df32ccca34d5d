import VTEnrichCore

/// A status report as the text exposition format 0.0.4 of Prometheus, for node_exporter's textfile collector.
extension StatusReport {
    /// - Parameter now: wall clock. What is not known is left out.
    package func metrics(now: Double) -> String {
        var page = MetricPage()
        health(&page)
        page.gauge("report_timestamp_seconds", "When this was written.", now.rounded(.down))
        stages(&page)
        queueAndQuota(&page)
        if let cluster { self.cluster(cluster, &page) }
        answers(&page)
        return page.text
    }

    private func health(_ page: inout MetricPage) {
        page.gauge("up", "Whether the daemon answered.", uptimeSeconds == nil ? 0 : 1)
        page.gauges(
            "health", "Is 1 for the health it has.",
            ["healthy", "degraded", "failing", "stopped"].map { (["state": $0], $0 == health.rawValue ? 1 : 0) })
        page.gauges("build_info", "Always 1.", [(["version": version], 1)])
        page.gauge("problems", "Problems that status lists.", Double(problems.count))
        page.gauge("uptime_seconds", "Since its start.", uptimeSeconds)
        page.counter("log_lines_lost_total", "Log lines that nobody took, since its start.", logLinesLost)
    }

    private func stages(_ page: inout MetricPage) {
        page.counter("lines_read_total", "Lines of alerts.json read.", follower.linesRead)
        page.counter("alerts_matched_total", "Alerts that the filters took.", follower.matched)
        page.counter("alerts_without_address_total", "Of them, without a public address.", follower.withoutAddress)
        page.counters(
            "lines_skipped_total", "Lines that were no alert.",
            [(["reason": "malformed"], follower.malformed), (["reason": "oversize"], follower.oversize)])
        page.counter("bytes_lost_total", "Bytes that were gone before they could be read.", follower.bytesLost)
        page.counter("rotations_total", "Rotations of alerts.json.", follower.rotations)
        page.counter("truncations_total", "Truncations of alerts.json.", follower.truncations)
        page.gauge("lag_bytes", "Bytes not read yet.", follower.lagBytes)
        page.gauge("waiting_for_file", "Whether alerts.json is missing.", follower.waitingForFile.map { $0 ? 1 : 0 })
    }

    private func queueAndQuota(_ page: inout MetricPage) {
        page.gauge("queue_alerts", "Alerts that wait for a verdict.", queue.pending)
        page.gauge("queue_addresses", "Addresses that they wait for.", queue.waitingIps)
        page.gauge("queue_oldest_seconds", "How long the oldest waits.", queue.oldestSeconds ?? 0)
        let windows = [("minute", quota.minute), ("day", quota.day), ("month", quota.month)]
        page.gauges("quota_used", "Requests spent.", windows.map { (["window": $0], Double($1.used)) })
        page.gauges("quota_limit", "Requests allowed.", windows.map { (["window": $0], Double($1.limit)) })
        page.gauges(
            "quota_reset_timestamp_seconds", "When the window begins anew.",
            windows.compactMap { name, window in
                window.resetsAt.flatMap(RFC3339.seconds).map { (["window": name], $0) }
            })
        page.gauge("quota_day_by_others", "Of the day, spent by others with the key.", quota.dayByOthers)
    }

    private func cluster(_ cluster: Cluster, _ page: inout MetricPage) {
        page.gauge("cluster_connected", "Whether the cluster's server is there.", cluster.connected ? 1 : 0)
        page.gauges(
            "cluster_quota", "Is 1 for how requests are counted.",
            ["shared", "own_share", "waiting"].map { (["state": $0], $0 == cluster.quota ? 1 : 0) })
        page.gauge("cluster_nodes_configured", "Nodes that share the key.", cluster.nodesConfigured)
        page.gauge("cluster_nodes", "Of them, those that are there.", cluster.nodesPresent)
        page.gauges(
            "cluster_node_day", "Requests that a node spent today.",
            cluster.nodes.map { (["node": $0.id, "host": $0.name], Double($0.day)) })
    }

    private func answers(_ page: inout MetricPage) {
        page.gauges(
            "cache_entries", "Cached addresses.",
            cache.byVerdict.sorted { $0.key < $1.key }.map { (["class": $0.key], Double($0.value)) })
        page.counter("cache_hits_total", "Alerts answered from the cache.", cache.hits)
        page.counter("cache_misses_total", "Alerts that a lookup answered.", cache.misses)
        page.counter("cache_stale_served_total", "Alerts answered with an old verdict.", cache.staleServed)
        if let state = provider.state {
            let states = ["ok", "no_key", "key_rejected", "rate_limited", "unavailable"]
            page.gauges(
                "provider_state", "Is 1 for the state VirusTotal is in.",
                states.map { (["state": $0], $0 == state ? 1 : 0) })
        }
        page.gauge(
            "provider_last_answer_timestamp_seconds", "When VirusTotal last answered.",
            provider.lastOk.flatMap(RFC3339.seconds))
        page.gauges(
            "provider_latency_seconds", "Of the last answers.",
            [("0.5", provider.latencyMsP50), ("0.95", provider.latencyMsP95)].compactMap { quantile, value in
                value.map { (["quantile": quantile], $0 / 1_000) }
            })
        sinks(&page)
    }

    private func sinks(_ page: inout MetricPage) {
        let sinks = output.sorted { $0.key < $1.key }
        page.gauges("output_waiting", "Events not sent yet.", sinks.map { (["sink": $0], Double($1.waiting)) })
        let counters: [(String, String, KeyPath<Sink, Int>)] = [
            ("sent", "Events sent.", \.sent), ("confirmed", "Events that came back as alerts.", \.confirmed),
            ("unconfirmed", "Events that did not.", \.unconfirmed), ("repeated", "Events sent again.", \.repeated),
            ("retries", "Sends that failed and were tried again.", \.retries),
            ("dropped", "Events that can never be sent.", \.dropped),
        ]
        for (name, help, value) in counters {
            page.counters("output_\(name)_total", help, sinks.map { (["sink": $0.key], $0.value[keyPath: value]) })
        }
        let ofOutputs: [(String, String, KeyPath<Sink, Int?>)] = [
            ("dead_letters", "Notices given up.", \.deadLetters),
            ("unanswered", "Notices that left without an answer.", \.unanswered),
            ("suppressed", "Notices not made, since the address was told that day.", \.suppressed),
        ]
        for (name, help, value) in ofOutputs {
            page.counters(
                "output_\(name)_total", help,
                sinks.compactMap { sink in sink.value[keyPath: value].map { (["sink": sink.key], $0) } })
        }
    }
}

/// A page of metrics, each with its help and type before its samples.
private struct MetricPage {
    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ value: (some BinaryFloatingPoint)?) {
        gauges(name, help, value.map { [([:], Double($0))] } ?? [])
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Int?) { gauge(name, help, value.map(Double.init)) }

    mutating func counter(_ name: String, _ help: String, _ value: Int?) {
        counters(name, help, value.map { [([:], $0)] } ?? [])
    }

    mutating func counters(_ name: String, _ help: String, _ samples: [(labels: [String: String], value: Int)]) {
        add(name, help, "counter", samples.map { ($0.labels, Double($0.value)) })
    }

    mutating func gauges(_ name: String, _ help: String, _ samples: [(labels: [String: String], value: Double)]) {
        add(name, help, "gauge", samples)
    }

    private mutating func add(
        _ name: String, _ help: String, _ type: String, _ samples: [(labels: [String: String], value: Double)]
    ) {
        guard !samples.isEmpty else { return }
        text += "# HELP vtenrichd_\(name) \(help)\n# TYPE vtenrichd_\(name) \(type)\n"
        for (labels, value) in samples {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            text += "vtenrichd_\(name)" + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(Self.number(value))\n"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
