/// How many addresses of a class had to be looked up in one hour, and how many of those came again.
package struct Demand: Sendable, Equatable {
    /// Hours since 1970.
    package var hour: Int
    package var levelClass: LevelClass
    package var addresses: Int
    package var repeated: Int

    package init(hour: Int, levelClass: LevelClass, addresses: Int, repeated: Int) {
        self.hour = hour
        self.levelClass = levelClass
        self.addresses = addresses
        self.repeated = repeated
    }
}

/// What the next hours will ask for, if they are like the last six. Six, since an alert waits no longer than that by default
/// and older hours say little of an attack that runs now.
package struct DemandForecast: Sendable, Equatable {
    package static let window = 6

    private let demand: [Demand]
    /// How long the counted hours were, in seconds; at least one hour, so that the first minutes do not count for a day.
    private let seconds: Double

    /// - Parameters:
    ///   - demand: what was counted, of any hours.
    ///   - now: wall clock.
    package init(_ demand: [Demand], now: Double) {
        let hour = Int((now / 3_600).rounded(.down))
        self.demand = demand.filter { $0.hour >= hour - Self.window && $0.hour <= hour }
        let first = max(demand.map(\.hour).min() ?? hour, hour - Self.window)
        seconds = max(3_600, now - Double(first) * 3_600)
    }

    /// Addresses of every class to be looked up within `horizon` seconds.
    package func addresses(within horizon: Double) -> Double {
        Double(demand.map(\.addresses).reduce(0, +)) / seconds * horizon
    }

    /// Of those of `levelClass` and above, the ones that will be seen more than once.
    package func repeated(from levelClass: LevelClass, within horizon: Double) -> Double {
        let counted = demand.filter { $0.levelClass >= levelClass }
        let addresses = Double(counted.map(\.addresses).reduce(0, +))
        let repeated = Double(counted.map(\.repeated).reduce(0, +))
        // Two more that did not come again: few observations shall hold back little.
        return addresses / seconds * horizon * min(1, repeated / (addresses + 2))
    }
}
