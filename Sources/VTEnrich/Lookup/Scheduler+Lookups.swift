import Logging
import VTEnrichCore

/// Requests: who is next, and what their answers and failures mean.
extension Scheduler {
    /// Starts the lookups that may go now; returns the seconds until the next may.
    func startLookups() async throws -> Double {
        guard let client, !stopping else { return 3_600 }
        let boot = parts.clock.boot()
        retries.prune(at: boot)
        askForCounters(client, boot: boot)
        while inFlight.count < Self.lanes {
            guard unsaved.isEmpty else { return 1 }
            guard circuit.allows(at: boot) else { return circuitPause(at: boot) }
            guard parts.store.pending > 0 || !asking.isEmpty || !spare.isEmpty else { return 3_600 }
            let order = try await order()
            guard let next = try nextAddress(order, boot: boot) else {
                let pause = min(retries.pause(at: boot) ?? 60, elsewhere.pause(at: boot) ?? 60)
                return min(try await startSpareWork(order, client), pause)
            }
            guard try await isOurs(next.address) else { continue }
            let grant = try await parts.ledger.reserve(level: next.level)
            guard case .granted(let ticket) = grant else {
                await parts.shared?.release(next.address)
                return try await refused(grant, boot: boot)
            }
            start(next.address) { await self.ask(next.address, ticket: ticket, client: client) }
            try await noticeIfSpent()
        }
        return 3_600
    }

    /// Runs a request for an address beside everything else; its end rings.
    func start(_ address: IPAddress, _ request: @escaping @Sendable () async -> Void) {
        circuit.sent()
        inFlight[address] = Task {
            await request()
            self.ended(address)
        }
        status.inFlight = inFlight.count
    }

    private func ended(_ address: IPAddress) {
        inFlight[address] = nil
        status.inFlight = inFlight.count
        doorbell.ring()
    }

    /// How many expired addresses may be asked about anew at this moment instead of being served stale.
    func freshLookupsPossible() async throws -> Int {
        guard client != nil, unsaved.isEmpty, circuit.allows(at: parts.clock.boot()) else { return 0 }
        guard try parts.store.candidates(each: 1).allSatisfy({ inFlight[$0.address] != nil }) else { return 0 }
        let usage = try await parts.ledger.usage()
        guard usage.budget.left(at: parts.clock.wall()) > 0, !usage.isClosed else { return 0 }
        return min(usage.limits.perMinute - usage.minuteUsed, Self.lanes - inFlight.count)
    }

    private func order() async throws -> LookupOrder {
        let now = parts.clock.wall()
        return LookupOrder(
            budget: try await parts.ledger.usage().budget,
            forecast: DemandForecast(try parts.store.demand(now: now), now: now),
            maxWait: configuration.queue.maxWait, now: now)
    }

    /// People first, then by the order.
    private func nextAddress(_ order: LookupOrder, boot: Double) throws -> LookupCandidate? {
        if let address = asking.keys.first(where: { isFree($0, boot) }) {
            return LookupCandidate(address: address, level: 16, alerts: 1, firstAt: parts.clock.wall())
        }
        guard servesQueue else { return nil }
        let candidates = try parts.store.candidates(each: inFlight.count + retries.count + elsewhere.count + 1)
        return order.next(candidates.filter { isFree($0.address, boot) })
    }

    private func isFree(_ address: IPAddress, _ boot: Double) -> Bool {
        inFlight[address] == nil && retries.allows(address, at: boot) && !elsewhere.isTaken(address, at: boot)
    }

    func ask(_ address: IPAddress, ticket: QuotaTicket, client: any ReputationClient) async {
        let started = parts.clock.boot()
        let answer = await client.lookUp(address)
        switch answer {
        case .value(let reputation):
            await finish(ticket, wasSent: true)
            status.record(latency: (parts.clock.boot() - started) * 1_000)
            await succeeded()
            retries.succeeded(address)
            await keep(address, reputation, client: client)
        case .failure(let failure):
            await finish(ticket, wasSent: failure.wasSent)
            await failed(failure)
            retries.failed(address, at: parts.clock.boot())
            await parts.shared?.release(address)
            serveStale(address)
            tell(address, .refused(failure.message))
        }
    }

    /// A ledger that cannot be written keeps the token until it can.
    func finish(_ ticket: QuotaTicket, wasSent: Bool) async {
        do {
            try await parts.ledger.finish(ticket, wasSent: wasSent)
        } catch {
            failed(to: error)
        }
    }

    private func keep(_ address: IPAddress, _ reputation: Reputation, client: any ReputationClient) async {
        var entry = entry(for: address, reputation, pivot: nil)
        if let facts = entry.borderline(parts.clock.wall(), configuration.verdict) {
            switch configuration.virusTotal.pivot {
            case .off: break
            case .auto: spare.addPivot(address)
            case .always:
                let files = await pivot(address, level: 0, client)
                entry = self.entry(for: address, .found(facts), pivot: files)
            }
        }
        unsaved.append((address, entry))
        do {
            try saveAnswers()
        } catch {
            failed(to: error)
        }
        await parts.shared?.publish(address, entry)
        tell(address, .entry(entry))
    }

    /// An old answer may do for the alerts whose lookup failed.
    private func serveStale(_ address: IPAddress) {
        do {
            try parts.store.askCacheAgain(address)
        } catch {
            failed(to: error)
        }
    }
}
