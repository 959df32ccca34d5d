package import Dispatch

/// The executor of an actor that blocks or owns a descriptor: its own serial Dispatch queue, so that nothing blocks on the
/// shared pool and Dispatch sources made on `queue` may touch the actor's state (`swift-notes.md` §2).
package final class QueueExecutor: SerialExecutor {
    package let queue: DispatchQueue

    package init(_ label: String) {
        queue = DispatchQueue(label: "vtenrichd.\(label)")
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        queue.async { unowned.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
