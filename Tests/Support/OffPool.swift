import VTEnrich

/// Where suites that block run: one test after another on a thread of their own, since the pool that all tests share has as
/// many threads as the machine has cores.
@globalActor package actor OffPool {
    package static let shared = OffPool()

    private nonisolated let executor = QueueExecutor("blocking tests")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
}
