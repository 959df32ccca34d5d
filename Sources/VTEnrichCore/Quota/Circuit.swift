/// Whether requests go out at all: closed while the provider answers, open for a while after failures, then half open for a
/// single probe (T22, T26). Times are seconds since boot.
package struct Circuit: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case closed
        /// Nothing before `until`; then one probe.
        case open(until: Double)
        /// The probe is on its way.
        case probing
        /// The key was rejected: nothing until a reload brings another.
        case stopped
    }

    package private(set) var state = State.closed
    /// Failures since the last answer.
    package private(set) var failures = 0

    /// The first failure costs this many seconds, each further one twice as many, up to `longest`.
    private static let shortest = 2.0
    private static let longest = 300.0

    package init() {}

    /// May a request go out now? In the half-open state only the first one.
    package func allows(at now: Double) -> Bool {
        switch state {
        case .closed: true
        case .open(let until): now >= until
        case .probing, .stopped: false
        }
    }

    /// A request goes out: after a pause it is the probe.
    package mutating func sent() {
        if case .open = state { state = .probing }
    }

    package mutating func succeeded() {
        guard state != .stopped else { return }
        self = Circuit()
    }

    /// The answer was a failure. `jitter` in 0...1 spreads the probes of many machines over the last quarter of the pause.
    package mutating func failed(at now: Double, jitter: Double) {
        guard state != .stopped else { return }
        failures += 1
        let pause = min(Self.longest, Self.shortest * Double(1 << min(failures - 1, 12)))
        state = .open(until: now + pause * (0.75 + 0.25 * min(1, max(0, jitter))))
    }

    /// 429: nothing before `until`, and then a probe.
    package mutating func wait(until: Double) {
        guard state != .stopped else { return }
        if case .open(let other) = state, other > until { return }
        state = .open(until: until)
    }

    /// The provider spoke, even if it refused: it is there.
    package mutating func answered() {
        guard state != .stopped else { return }
        state = .closed
        failures = 0
    }

    package mutating func stop() { state = .stopped }
}
