import Logging
import VTEnrichCore

/// Requests that no alert waits for. They go only when no address waits, a token stays free for the next one, and the rest of
/// the day will not need them.
extension Scheduler {
    /// Starts what may go now; returns the seconds until there may be more.
    func startSpareWork(_ order: LookupOrder, _ client: any ReputationClient) async throws -> Double {
        guard !spare.isEmpty else { return 3_600 }
        guard order.isSpare, try parts.store.candidates(each: 1).isEmpty else { return 60 }
        let usage = try await parts.ledger.usage()
        let free = usage.limits.perMinute - usage.minuteUsed
        guard free > (usage.limits.perMinute > 1 ? 1 : 0), inFlight.count < Self.lanes - 1 else { return 15 }
        guard let job = spare.next() else { return 3_600 }
        switch job {
        case .refresh(let address): try await refresh(address, client)
        case .pivot(let address): try await sharpen(address, client)
        }
        return 0
    }

    private func refresh(_ address: IPAddress, _ client: any ReputationClient) async throws {
        guard inFlight[address] == nil, try await isOurs(address) else { return }
        guard case .granted(let ticket) = try await parts.ledger.reserve(level: 0) else {
            await parts.shared?.release(address)
            return
        }
        start(address) { await self.ask(address, ticket: ticket, client: client) }
    }

    private func sharpen(_ address: IPAddress, _ client: any ReputationClient) async throws {
        guard inFlight[address] == nil, !status.pivotRefused,
            let entry = try parts.store.cachedVerdict(for: address), entry.pivot == nil
        else { return }
        start(address) { await self.raise(address, entry, client) }
    }

    /// The cached verdict of a borderline address, with its files taken into account, for later events.
    private func raise(_ address: IPAddress, _ entry: CachedVerdict, _ client: any ReputationClient) async {
        guard let files = await pivot(address, level: 0, client) else { return }
        var raised = self.entry(for: address, entry.reputation, pivot: files)
        (raised.fetchedAt, raised.expiresAt) = (entry.fetchedAt, entry.expiresAt)
        unsaved.append((address, raised))
        do {
            try saveAnswers()
        } catch {
            failed(to: error)
        }
        await parts.shared?.publish(address, raised)
    }

    /// The communicating files, on a token of their own; nil when there is none or the request fails: a pivot never changes a
    /// verdict by failing. Refused to this key: not asked again before a reload.
    func pivot(_ address: IPAddress, level: Int, _ client: any ReputationClient) async -> PivotFacts? {
        guard !status.pivotRefused, case .granted(let ticket)? = try? await parts.ledger.reserve(level: level) else {
            return nil
        }
        switch await client.communicatingFiles(address) {
        case .value(let files):
            await finish(ticket, wasSent: true)
            await succeeded()
            pivotFailures = 0
            return files
        case .failure(let failure):
            await finish(ticket, wasSent: failure.wasSent)
            await pivotFailed(failure)
            return nil
        }
    }

    /// A rejected key or a spent quota concerns every request. Anything else concerns files alone, and holds up no lookup, unless
    /// this was the probe after an outage.
    private func pivotFailed(_ failure: ProviderFailure) async {
        switch failure.action {
        case .stop, .wait: await failed(failure)
        case .backOff where circuit.state == .probing: await failed(failure)
        case .backOff, .notPermitted:
            if circuit.state == .probing { circuit.succeeded() }
            pivotFailures += 1
            guard pivotFailures >= 3 || failure.action == .notPermitted else {
                return parts.log.info("\(failure.message)")
            }
            status.pivotRefused = true
            parts.log.notice("\(failure.message); communicating files are not asked for before a reload")
        }
    }
}
