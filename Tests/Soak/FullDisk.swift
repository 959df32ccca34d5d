import Foundation
import Glibc
import Support
import VTEnrich

extension Soak {
    /// T09: the state directory lies on a small file system of the daemon's own, which fills up under load and is emptied
    /// again.
    func fullDisk() async throws -> Figures? {
        guard try await Program(at: "/usr/bin/unshare").run(["-rm", "true"]).status == 0 else {
            say("SKIPPED: unshare -rm is not allowed here, so there is no small file system to fill")
            return nil
        }
        let site = try await LoadedManager()
        let mount = "mount -t tmpfs -o size=24m,mode=750 tmpfs \(site.manager.statePath)"
        let run = "exec \(try Program("vtenrichd").path) run --config \(site.manager.configurationPath)"
        try await site.begin(("/usr/bin/unshare", ["-rm", "sh", "-c", "\(mount) && \(run)"]), perSecond: 100)
        let process = site.running?.processID ?? 0
        let filler = "/proc/\(process)/root\(site.manager.statePath)/filler"
        guard Self.fill(filler) else { throw LoadedManager.Broken("cannot write \(filler)") }
        try await pause(15)
        let problems = try await site.status().problems
        say("full for 15 s: \(problems.joined(separator: "; "))")

        let before = site.receipts.count
        unlink(filler)
        let start = monotonicSeconds()
        while site.receipts.count == before, monotonicSeconds() < start + 60 { try await pause(0.02) }
        let healed = monotonicSeconds() - start
        say("healed \(hundredths(healed)) s after there was space")
        try await pause(5)
        try await site.drain()
        var figures = try await site.figures()
        if problems.isEmpty { figures.broken.append("T09: a full disk is no problem in the status") }
        if healed > 10 { figures.broken.append("T09: healed after \(hundredths(healed)) s") }
        if site.running?.processID != process { figures.broken.append("T09: it started anew") }
        try await site.stop()
        return figures
    }

    /// Until there is no space left.
    private static func fill(_ path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        for size in [65_536, 4_096, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(descriptor, block, size) == size {}
        }
        return errno == ENOSPC
    }
}
