import Dispatch
import Synchronization

/// Wakes a stage; carries no data, and rings that nobody answered yet count as one. One stage waits, anybody rings.
///
/// It has one timer, however often it is rung before its time: a cancelled `Task.sleep` stays in memory until its time has come.
package final class Doorbell: Sendable {
    private struct State {
        var rung = false
        var waiter: CheckedContinuation<Void, Never>?
        /// When the wait ends by itself.
        var deadline = DispatchTime.distantFuture
        var timer: (any DispatchSourceTimer)?
        /// When `timer` looks at the deadline; it may find a later one, or nobody waiting.
        var looksAt = DispatchTime.distantFuture
    }

    private let state = Mutex(State())

    package init() {}

    deinit {
        state.withLock { $0.timer?.cancel() }
    }

    package func ring() {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.rung = true }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Returns at the next ring, at once if it rang since the last wait, or after `seconds` (nil: no limit).
    package func wait(atMost seconds: Double?) async {
        if let seconds, seconds <= 0 {
            state.withLock { $0.rung = false }
            return
        }
        await withCheckedContinuation { continuation in
            let wakeNow = state.withLock { state in
                if state.rung {
                    state.rung = false
                    return true
                }
                state.waiter = continuation
                state.deadline = seconds.map { .now() + min($0, 3_600) } ?? .distantFuture
                if state.deadline < state.looksAt { look(at: state.deadline, &state) }
                return false
            }
            if wakeNow { continuation.resume() }
        }
    }

    private func look(at time: DispatchTime, _ state: inout State) {
        if state.timer == nil {
            let timer = DispatchSource.makeTimerSource(queue: .global())
            timer.setEventHandler { @Sendable [weak self] in self?.timeIsUp() }
            timer.activate()
            state.timer = timer
        }
        state.timer?.schedule(deadline: time)
        state.looksAt = time
    }

    private func timeIsUp() {
        let waiter = state.withLock { state in
            state.looksAt = .distantFuture
            guard state.waiter != nil, state.deadline > .now() else { return state.waiter.take() }
            if state.deadline < .distantFuture { look(at: state.deadline, &state) }
            return nil
        }
        waiter?.resume()
    }
}
