import CLinux

/// Whether the clocks can be trusted: quota days, ages and waiting times hang on them. Compared with nothing outside.
struct ClockProbe {
    /// Wall clock, seconds since 1970.
    var wall: Double
    var bootID: String
    /// Two readings of the boot clock, in the order they were taken.
    var boot: (Double, Double)
    /// The latest time that the state and alerts.json know of.
    var latestKnown: Double?
    /// What the kernel was told by a time service; nil where it does not say.
    var isSynchronized: Bool?

    /// The day of this file: no clock can be before it.
    static let earliest = 1_763_683_200.0

    static func read(_ clock: Clock, latestKnown: Double?) -> ClockProbe {
        let first = clock.boot()
        let state = vt_clock_state()
        return ClockProbe(
            wall: clock.wall(), bootID: clock.bootID, boot: (first, clock.boot()), latestKnown: latestKnown,
            isSynchronized: state < 0 ? nil : state == 1)
    }

    var findings: [Finding] {
        var findings: [Finding] = []
        let now = Timestamp.text(wall)
        if wall < Self.earliest {
            findings.append(
                Finding(.clock, .fail, "it is said to be \(now), which is past", remedy: "timedatectl set-ntp true"))
        } else if let latestKnown, latestKnown > wall + 60 {
            findings.append(
                Finding(
                    .clock, .warn,
                    "it is said to be \(now), and \(Timestamp.text(latestKnown)) was seen already: set back",
                    remedy: "timedatectl"))
        }
        if boot.1 < boot.0 || boot.0 <= 0 {
            findings.append(Finding(.clock, .fail, "the time since boot runs backwards: quota cannot be counted"))
        }
        if bootID == "unknown" {
            findings.append(
                Finding(
                    .clock, .warn, "the boot id is hidden: each start counts as a reboot and waits 61 s for its quota",
                    remedy: "do not set ProcSubset=pid in the unit"))
        }
        if isSynchronized == false {
            findings.append(
                Finding(
                    .clock, .warn, "\(now), no time service keeps it: quota days and ages follow it",
                    remedy: "timedatectl set-ntp true"))
        }
        if findings.isEmpty {
            findings.append(Finding(.clock, .ok, now + (isSynchronized == true ? ", kept by a time service" : "")))
        }
        return findings
    }
}
