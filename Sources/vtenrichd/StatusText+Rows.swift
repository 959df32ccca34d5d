import VTEnrich

/// The stages in the order of an alert's way, each with the numbers that should be 0.
extension StatusText {
    var follower: [String] {
        let follower = report.follower
        var place = [Phrase(printable(follower.path))]
        if follower.waitingForFile == true { place.append(Phrase("(waiting for the file)", .warn)) }
        if follower.paused == true { place.append(Phrase("(paused: queue.max_pending alerts wait)", .warn)) }
        if follower.polling == true { place.append(Phrase("(polled: no inotify)", .warn)) }
        var behind = [Phrase("position unknown")]
        if let lag = follower.lagBytes {
            behind = [Phrase("\(byteText(lag)) behind", lag > 1_000_000 ? .warn : .plain)]
            if let offset = follower.offset { behind.append(Phrase("at \(number(offset))")) }
        } else if let offset = follower.offset {
            behind = [Phrase("stopped at \(number(offset))")]
        }
        return row("follower", place)
            + row(
                "",
                list(
                    behind + [
                        zero(follower.bytesLost, "bytes lost"), zero(follower.truncations, "truncations"),
                        Phrase("\(number(follower.rotations)) rotations"),
                    ]))
            + row(
                "",
                list([
                    Phrase("\(number(follower.linesRead)) lines: \(number(follower.matched)) taken"),
                    Phrase("\(number(follower.withoutAddress)) of them without a public address"),
                    zero(follower.malformed, "malformed"), zero(follower.oversize, "oversize"),
                ]))
    }

    var queue: [String] {
        let queue = report.queue
        guard queue.pending > 0 else { return row("queue", [Phrase("0 waiting", .good)]) }
        var phrases = [Phrase("\(number(queue.pending)) alerts of \(number(queue.waitingIps)) addresses")]
        if let oldest = queue.oldestSeconds { phrases.append(Phrase("the oldest for \(span(Double(oldest)))")) }
        if let clears = queue.clearsAt, canAsk {
            phrases.append(Phrase("clear \(local(clears)) (\(until(clears)))", .bold))
        }
        var lines = row("queue", list(phrases))
        if let ages = queue.ages {
            let names = [("60s", "below 1 min"), ("15m", "15 min"), ("1h", "1 h"), ("6h", "6 h"), ("older", "older")]
            lines += row(
                "", [Phrase("waiting", .faint)] + list(names.map { Phrase("\($1) \(number(ages[$0] ?? 0))") }))
        }
        return lines
    }

    var quota: [String] {
        let quota = report.quota
        let windows = [("minute", quota.minute), ("day", quota.day), ("month", quota.month)]
        let used = windows.map { "\(number($0.1.used))/\(number($0.1.limit))" }
        let widest = used.map(\.count).max() ?? 0
        let room = (terminal.width ?? Terminal.usualWidth) - Self.indent - 8 - widest - 32
        var lines: [String] = []
        for (index, (name, window)) in windows.enumerated() {
            let share = window.limit > 0 ? Double(window.used) / Double(window.limit) : 0
            let style: Terminal.Style = name == "minute" ? .plain : share >= 1 ? .bad : share >= 0.9 ? .warn : .good
            let bar = terminal.bar(share, width: min(40, max(8, room)), style)
            let resets = window.resetsAt.map { "  resets \(local($0)) (\(until($0)))" } ?? ""
            lines.append(
                padded(index == 0 ? "quota" : "", Self.indent) + padded(name, 7) + bar + " "
                    + String(repeating: " ", count: widest - used[index].count) + used[index]
                    + terminal.paint(resets, .faint))
        }
        if let others = quota.dayByOthers, others > 0 {
            lines += row("", [Phrase("\(number(others)) of the day spent by others with this key", .warn)])
        }
        if quota.closed == true { lines += row("", [Phrase("closed for now: VirusTotal said 429", .warn)]) }
        return lines
    }

    var cluster: [String] {
        guard let cluster = report.cluster else { return [] }
        let standing = [
            "shared": "the quota is shared", "own_share": "own share of the quota", "waiting": "lookups wait",
        ]
        var phrases = [
            Phrase(printable(cluster.redis)),
            Phrase(
                "\(cluster.connected ? "connected" : "away") since \(local(cluster.since))",
                cluster.connected ? .good : .bad),
            Phrase(standing[cluster.quota] ?? printable(cluster.quota), cluster.quota == "shared" ? .plain : .warn),
        ]
        if let present = cluster.nodesPresent {
            phrases.append(
                Phrase(
                    "\(present) of \(cluster.nodesConfigured) nodes",
                    present == cluster.nodesConfigured ? .plain : .warn))
        }
        return row("cluster", list(phrases))
            + cluster.nodes.flatMap { node in
                let seen = node.present ? "" : node.lastSeen.map { ", last seen \(local($0))" } ?? ", away"
                let name = node.isThis ? "\(node.name) (this one)" : "\(node.name) (\(node.id.prefix(6)))"
                return row("", words("\(printable(name)): \(number(node.day)) of the day\(seen)"))
            }
    }

    var cache: [String] {
        let cache = report.cache
        let classes = cache.byVerdict.sorted { $0.value > $1.value }.map { Phrase("\(number($0.value)) \($0.key)") }
        let asked = cache.hits + cache.misses
        let saved = cache.hits > 0 ? " (\(cache.hits * 100 / asked) % answered by it)" : ""
        return row(
            "cache", [Phrase("\(number(cache.entries)) addresses" + (classes.isEmpty ? "" : ":"))] + list(classes))
            + row(
                "",
                list([
                    Phrase("\(number(cache.hits)) hits"), Phrase("\(number(cache.misses)) misses\(saved)"),
                    Phrase("\(number(cache.staleServed)) served stale"),
                ]))
    }

    var provider: [String] {
        let provider = report.provider
        var phrases = [
            Phrase(provider.state ?? "not known while it is stopped", provider.state == "ok" ? .good : .warn)
        ]
        if let last = provider.lastOk { phrases.append(Phrase("last answer \(local(last))")) }
        if let p50 = provider.latencyMsP50, let p95 = provider.latencyMsP95 {
            phrases.append(Phrase("\(Int(p50.rounded())) ms (p50), \(Int(p95.rounded())) ms (p95)"))
        }
        if provider.pivotRefused == true { phrases.append(Phrase("no communicating files with this key")) }
        let error = provider.lastError.map { row("", [Phrase("last error:")] + words($0)) } ?? []
        return row("provider", list(phrases)) + error
    }

    var abuseIPDB: [String] {
        guard let source = report.abuseipdb else { return [] }
        var phrases = [Phrase("\(number(source.day.used))/\(number(source.day.limit)) of the day")]
        if let until = source.closedUntil { phrases.append(Phrase("takes nothing more until \(local(until))", .warn)) }
        let error = source.lastError.map { row("", [Phrase("last error:")] + words($0)) } ?? []
        return row("abuseipdb", list(phrases)) + error
    }

    func sink(_ name: String, _ sink: StatusReport.Sink) -> [String] {
        let waiting = sink.waiting == 0 ? Phrase("0 waiting") : Phrase("\(number(sink.waiting)) waiting", .warn)
        var phrases = [Phrase("\(number(sink.sent)) sent"), waiting, zero(sink.dropped, "dropped")]
        if name == "analysisd" {
            phrases += [
                Phrase("\(number(sink.confirmed)) confirmed"), zero(sink.unconfirmed, "unconfirmed"),
                zero(sink.repeated, "repeated"), Phrase("\(number(sink.retries)) retries"),
            ]
        } else if let dead = sink.deadLetters {
            phrases = [Phrase("\(number(sink.sent)) sent"), waiting, zero(dead, "dead letters")]
            phrases += [
                Phrase("\(number(sink.retries)) retries"), Phrase("\(number(sink.suppressed ?? 0)) suppressed"),
            ]
            if let count = sink.unanswered, count > 0 { phrases.append(zero(count, "unanswered")) }
        } else {
            phrases = [waiting]
        }
        let error = sink.lastError.map { row("", [Phrase("last error:")] + words($0)) } ?? []
        return row(name, list(phrases)) + error
    }

    var rateLines: [String] {
        rates.map { row("rates", list($0.phrases)) } ?? []
    }
}
