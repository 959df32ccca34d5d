extension Intake {
    /// - Parameters:
    ///   - answer: what answers alerts without waiting.
    ///   - onEvents: rings the deliverers, onAccepted the scheduler; must not block.
    package init(
        store: Store, clock: Clock, answeringBy answer: AnswerAtOnce? = nil,
        onEvents: @escaping @Sendable () -> Void = {}, onAccepted: @escaping @Sendable () -> Void
    ) {
        self.init(
            checkpoint: { try store.checkpoint(for: $0) },
            accept: { batch in
                let result = try store.accept(batch, now: clock.wall(), answeringBy: answer)
                if result.answered > 0 { onEvents() }
                return result
            },
            pending: { store.pending }, onAccepted: onAccepted, eventKey: store.eventKey)
    }
}
