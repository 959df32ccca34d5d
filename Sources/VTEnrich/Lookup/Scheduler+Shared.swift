import VTEnrichCore

/// What the other managers of a cluster know and do about the addresses that wait here. In memory: what is forgotten is asked again.
struct Elsewhere {
    /// Addresses that nobody was asked about yet.
    var unasked: Set<IPAddress> = []
    /// Those that another node looks up, with the time (seconds since boot) to see what became of it.
    private var taken: [IPAddress: Double] = [:]

    /// A node that found an answer tells at once; this is for one that found none.
    private static let patience = 2.0

    var count: Int { taken.count }

    func isTaken(_ address: IPAddress, at boot: Double) -> Bool { taken[address].map { $0 > boot } ?? false }

    mutating func take(_ address: IPAddress, at boot: Double) {
        taken = taken.filter { $0.value > boot }
        taken[address] = boot + Self.patience
    }

    mutating func answered(_ address: IPAddress) {
        taken[address] = nil
        unasked.remove(address)
    }

    /// Seconds until one of them may be free again; nil when none is taken.
    func pause(at boot: Double) -> Double? { taken.values.map { $0 - boot }.filter { $0 > 0 }.min() }
}

/// A cluster's verdicts: a local copy of every answer, so that a hit costs no way to the server.
extension Scheduler {
    private static let page = 500

    /// Keeps what others found out.
    func takeNews(_ shared: any SharedVerdicts) async throws {
        let news = await shared.news()
        try keep(news.entries)
        guard news.isBack else { return }
        var last = ""
        while true {
            let waiting = try parts.store.waitingAddresses(after: last, limit: Self.page)
            elsewhere.unasked.formUnion(waiting)
            guard waiting.count == Self.page, let end = waiting.last else { return }
            last = end.description
        }
    }

    /// Asks about the addresses that wait here and that nobody was asked about; whether there were answers.
    func askOthers(_ shared: any SharedVerdicts) async throws -> Bool {
        var isAny = false
        while !elsewhere.unasked.isEmpty {
            let addresses = Array(elsewhere.unasked.prefix(Self.page))
            elsewhere.unasked.subtract(addresses)
            let found = await shared.known(addresses)
            try keep(found)
            isAny = isAny || !found.isEmpty
        }
        return isAny
    }

    /// Whether a request for the address is ours to make; what another node found out meanwhile is kept.
    func isOurs(_ address: IPAddress) async throws -> Bool {
        guard let shared = parts.shared else { return true }
        switch await shared.claim(address, newerThan: try parts.store.cachedVerdict(for: address)) {
        case .mine: return true
        case .taken: elsewhere.take(address, at: parts.clock.boot())
        case .known(let entry):
            // One that is about to expire is soon gone there, too.
            guard entry.isFresh(at: parts.clock.wall()) else {
                elsewhere.take(address, at: parts.clock.boot())
                return false
            }
            try keep([address: entry])
            doorbell.ring()
        }
        return false
    }

    private func keep(_ entries: [IPAddress: CachedVerdict]) throws {
        let now = parts.clock.wall()
        let fresh = entries.filter { $0.value.isFresh(at: now) }
        try parts.store.keep(fresh)
        for (address, entry) in fresh {
            elsewhere.answered(address)
            tell(address, .entry(entry))
        }
    }
}
