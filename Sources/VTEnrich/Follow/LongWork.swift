import Synchronization

/// Between the follower's queue and the outside while decompressing keeps the queue busy for long: the outside may ask for
/// an end, and sees that the work goes on.
final class LongWork: Sendable {
    private let isEnding = Atomic(false)
    private let steps = Atomic(0)

    /// Work that is asked to end throws as soon as it can.
    var shallEnd: Bool { isEnding.load(ordering: .relaxed) }
    /// Changes while the work goes on.
    var progress: Int { steps.load(ordering: .relaxed) }

    func end() { isEnding.store(true, ordering: .relaxed) }

    func step() { steps.wrappingAdd(1, ordering: .relaxed) }
}
