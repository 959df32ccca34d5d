import Dispatch
import Glibc

/// The two clocks of a stage as functions, so that tests and `simulate` drive time by hand.
package struct Clock: Sendable {
    /// Wall clock, seconds since 1970 UTC.
    package var wall: @Sendable () -> Double
    /// Seconds since boot, suspend included (CLOCK_BOOTTIME): never goes back within a boot.
    package var boot: @Sendable () -> Double
    /// Which boot `boot` counts from.
    package var bootID: String

    package init(wall: @escaping @Sendable () -> Double, boot: @escaping @Sendable () -> Double, bootID: String) {
        self.wall = wall
        self.boot = boot
        self.bootID = bootID
    }

    package static let system = Clock(
        wall: { seconds(of: CLOCK_REALTIME) },
        boot: { seconds(of: CLOCK_BOOTTIME) },
        bootID: readBootID())

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// "unknown" where /proc is hidden: then every start counts as a reboot, the safe side.
    private static func readBootID() -> String {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "unknown" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return "unknown" }
        return String(decoding: bytes.prefix(count).filter { $0 > 32 }, as: UTF8.self)
    }
}
