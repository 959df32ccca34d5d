/// What the key may spend (`virustotal.quota`): requests in any 60 s, in a UTC day, in a UTC month.
package struct QuotaLimits: Sendable, Equatable {
    /// The part of the day that only alerts of `reserveLevel` and above may spend.
    package enum Reserve: Sendable, Equatable {
        case percent(Double)
        case count(Int)
    }

    package var perMinute: Int
    package var perDay: Int
    package var perMonth: Int
    package var reserve: Reserve
    package var reserveLevel: Int

    package init(
        perMinute: Int = 4, perDay: Int = 500, perMonth: Int = 15_500, reserve: Reserve = .percent(10),
        reserveLevel: Int = 12
    ) {
        self.perMinute = perMinute
        self.perDay = perDay
        self.perMonth = perMonth
        self.reserve = reserve
        self.reserveLevel = reserveLevel
    }
}
