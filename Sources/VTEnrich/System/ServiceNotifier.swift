import Glibc

/// Tells systemd how the service is (`sd_notify(3)`), by a datagram to `$NOTIFY_SOCKET`; does nothing outside systemd.
package struct ServiceNotifier: Sendable {
    private let address: String?
    /// Half of what systemd waits before it kills: seconds between pings; nil without a watchdog.
    package let watchdogInterval: Double?

    package init(environment: [String: String]) {
        address = environment["NOTIFY_SOCKET"]
        let forUs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        watchdogInterval = forUs ? environment["WATCHDOG_USEC"].flatMap(Double.init).map { $0 / 1e6 / 3 } : nil
    }

    package func ready() { send("READY=1\nSTATUS=following") }
    package func status(_ text: String) { send("STATUS=\(text)") }
    package func stopping() { send("STOPPING=1") }
    package func ping() { send("WATCHDOG=1") }

    /// Reload starts; `ready()` ends it (design 10).
    package func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1_000)")
    }

    private func send(_ message: String) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard var name = UnixAddress(path: address) else { return }
        _ = message.withCString { text in
            name.withSockAddr { sendto(descriptor, text, strlen(text), Int32(MSG_NOSIGNAL), $0, $1) }
        }
    }
}
