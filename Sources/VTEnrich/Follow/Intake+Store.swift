extension Intake {
    /// - Parameter onAccepted: rings the scheduler; must not block.
    package init(store: Store, clock: Clock, onAccepted: @escaping @Sendable () -> Void) {
        self.init(
            checkpoint: { try store.checkpoint(for: $0) },
            accept: { try store.accept($0, now: clock.wall()) },
            pending: { store.pending }, onAccepted: onAccepted, eventKey: store.eventKey)
    }
}
