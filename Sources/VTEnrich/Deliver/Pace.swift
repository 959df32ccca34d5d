/// At most so many events a second, evenly within tenths of a second: analysisd drops what its queue cannot hold and tells
/// nobody (design 8).
struct Pace {
    private let perSlice: Int
    private let slice: Double
    private var sliceStart = 0.0
    private var sent = 0

    /// 0: no limit.
    init(perSecond: Int) {
        perSlice = perSecond == 0 ? 0 : max(1, perSecond / 10)
        slice = perSecond == 0 ? 0 : Double(perSlice) / Double(perSecond)
    }

    /// Counts one event, or says how many seconds to wait for the next slice. `now`: seconds since boot.
    mutating func pause(at now: Double) -> Double? {
        guard perSlice > 0 else { return nil }
        if now - sliceStart >= slice || now < sliceStart {
            sliceStart = now
            sent = 0
        }
        guard sent < perSlice else { return max(0.001, sliceStart + slice - now) }
        sent += 1
        return nil
    }
}
