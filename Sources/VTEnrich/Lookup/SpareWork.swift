import VTEnrichCore

/// What is worth a request when nobody needs it: refreshing entries that are still asked for, and files for borderline
/// verdicts. In memory and bounded: what is forgotten comes back with the next alert.
struct SpareWork {
    private static let limit = 1_000
    private var refreshes: [IPAddress] = []
    private var pivots: [IPAddress] = []
    private var known: Set<IPAddress> = []

    enum Job: Equatable {
        case refresh(IPAddress)
        case pivot(IPAddress)
    }

    mutating func addRefresh(_ address: IPAddress) {
        guard refreshes.count < Self.limit, known.insert(address).inserted else { return }
        refreshes.append(address)
    }

    mutating func addPivot(_ address: IPAddress) {
        guard pivots.count < Self.limit, known.insert(address).inserted else { return }
        pivots.append(address)
    }

    var isEmpty: Bool { known.isEmpty }

    /// Refreshes first: they keep answers true, pivots only sharpen them.
    mutating func next() -> Job? {
        if !refreshes.isEmpty {
            let address = refreshes.removeFirst()
            known.remove(address)
            return .refresh(address)
        }
        guard !pivots.isEmpty else { return nil }
        let address = pivots.removeFirst()
        known.remove(address)
        return .pivot(address)
    }
}
