import Synchronization

/// Where a waiting task meets the queue that works for it: whoever is first, answer or cancellation, ends it.
final class Meeting<Value: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Value, Never>)
        case ended(Value?)
    }

    private let state = Mutex(State.new)

    func begin(_ continuation: CheckedContinuation<Value, Never>) {
        let early: Value? = state.withLock { state in
            if case .ended(let value) = state { return value }
            state = .waiting(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    func end(_ value: Value) {
        let waiting: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .ended(value)
                return nil
            case .waiting(let continuation):
                state = .ended(nil)
                return continuation
            case .ended: return nil
            }
        }
        waiting?.resume(returning: value)
    }
}
