import Synchronization

/// Says from outside the follower's queue that it is to end, to what may keep the queue busy for long: decompressing.
final class StopFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
