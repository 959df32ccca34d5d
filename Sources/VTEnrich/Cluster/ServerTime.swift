import Synchronization

/// The server's clock as this machine knows it: every quota of the cluster is by that clock, so that nodes whose own are wrong
/// agree on the day.
final class ServerTime: Sendable {
    private struct Reading {
        /// Milliseconds.
        var server = 0.0
        /// Seconds since boot, before the question and after the answer.
        var asked = 0.0
        var answered = 0.0
        /// Seconds that the server's clock is ahead of ours.
        var ahead = 0.0
    }

    private let clock: Clock
    private let reading = Mutex(Reading())

    init(_ clock: Clock) {
        self.clock = clock
    }

    func note(_ server: Double, asked: Double) {
        let (boot, wall) = (clock.boot(), clock.wall())
        reading.withLock {
            $0.server = server
            $0.asked = asked
            $0.answered = boot
            let ahead = server / 1_000 + (boot - asked) / 2 - wall
            if abs(ahead - $0.ahead) > 0.05 { $0.ahead = ahead }
        }
    }

    /// Milliseconds: surely not earlier than the server's clock now.
    func latest(at boot: Double) -> Double {
        reading.withLock { $0.server + (boot - $0.asked) * 1_000 }
    }

    /// Seconds since boot of a time of the server.
    func boot(of server: Double) -> Double {
        reading.withLock { $0.answered + (server - $0.server) / 1_000 }
    }

    var ahead: Double { reading.withLock { $0.ahead } }

    /// This machine's clocks, the wall clock set to the server's.
    var asClock: Clock {
        Clock(wall: { self.clock.wall() + self.ahead }, boot: clock.boot, bootID: clock.bootID)
    }
}
