import Synchronization

/// Wakes a stage; carries no data, and rings that nobody answered yet count as one. One stage waits, anybody rings.
package final class Doorbell: Sendable {
    private struct State {
        var rung = false
        var waiter: CheckedContinuation<Void, Never>?
        var generation = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.rung = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            state.generation += 1
            return waiter
        }
        waiter?.resume()
    }

    /// Returns at the next ring, at once if it rang since the last wait, or after `seconds` (nil: no limit).
    package func wait(atMost seconds: Double?) async {
        if let seconds, seconds <= 0 {
            state.withLock { $0.rung = false }
            return
        }
        let generation = state.withLock { $0.generation }
        var timer: Task<Void, Never>?
        if let seconds {
            timer = Task { [weak self] in
                try? await Task.sleep(nanoseconds: UInt64(min(seconds, 3_600) * 1e9))
                guard !Task.isCancelled else { return }
                self?.wake(generation)
            }
        }
        await withCheckedContinuation { continuation in
            let wakeNow = state.withLock { state in
                if state.rung {
                    state.rung = false
                    state.generation += 1
                    return true
                }
                state.waiter = continuation
                return false
            }
            if wakeNow { continuation.resume() }
        }
        timer?.cancel()
    }

    /// The timer's ring: only for the wait that set it.
    private func wake(_ generation: Int) {
        let waiter = state.withLock { state in
            guard state.generation == generation else { return nil as CheckedContinuation<Void, Never>? }
            guard let waiter = state.waiter else {
                // The time was over before the wait began.
                state.rung = true
                return nil
            }
            state.waiter = nil
            state.generation += 1
            return waiter
        }
        waiter?.resume()
    }
}
