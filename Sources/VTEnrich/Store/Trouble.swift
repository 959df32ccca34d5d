/// Faults of the state as the log tells them: a line when one begins, one a minute while it lasts or comes and goes, and one
/// when all can be written again.
struct Trouble {
    static let interval = 60.0

    private var toldAt: [StoreError.Kind: Double] = [:]
    private var isOpen = false

    /// Whether to log it now; `now` in boot seconds.
    mutating func begins(_ kind: StoreError.Kind, at now: Double) -> Bool {
        guard now - (toldAt[kind] ?? -.infinity) >= Self.interval else { return false }
        toldAt[kind] = now
        isOpen = true
        return true
    }

    /// Something was written. Whether to log that the trouble is over.
    mutating func ends() -> Bool {
        defer { isOpen = false }
        return isOpen
    }
}
