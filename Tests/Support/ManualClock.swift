import Synchronization
package import VTEnrich

/// A clock that stands still until it is moved: wall and boot time together, or the wall alone, as when it is set.
package final class ManualClock: Sendable {
    private struct Times {
        var wall: Double
        var boot: Double
    }

    private let times: Mutex<Times>
    private let bootID: String

    /// 2026-03-02T10:00:00Z unless told otherwise; booted an hour ago.
    package init(wall: Double = 1_772_445_600, boot: Double = 3_600, bootID: String = "boot-1") {
        times = Mutex(Times(wall: wall, boot: boot))
        self.bootID = bootID
    }

    package var clock: Clock {
        Clock(wall: { self.wall }, boot: { self.boot }, bootID: bootID)
    }

    package var wall: Double { times.withLock { $0.wall } }
    package var boot: Double { times.withLock { $0.boot } }

    package func advance(_ seconds: Double) {
        times.withLock {
            $0.wall += seconds
            $0.boot += seconds
        }
    }

    /// Somebody sets the clock; the boot clock does not notice.
    package func setWall(_ wall: Double) {
        times.withLock { $0.wall = wall }
    }
}
