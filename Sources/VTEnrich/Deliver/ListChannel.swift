import Foundation
import Glibc
import VTEnrichCore

/// `type: cdb`: keeps a list of addresses for rules and firewalls, written beside the old one and renamed over it. analysisd reads
/// it at its next start or reload; where `reload_socket` is set it is told, at most once in `reload_interval`. Blocks on the disk.
///
/// Unchecked: it is one deliverer's alone, which calls it once at a time.
final class ListChannel: OutputChannel, @unchecked Sendable {
    private let output: OutputSettings
    private let path: String
    private let clock: Clock
    /// Seconds since boot.
    private var reloadedAt: Double?
    /// What is written is not what analysisd has.
    private var isReloadDue = false

    let batch = 500
    let upkeep: Double? = 60
    private static let maxFile = 64 * 1024 * 1024

    init(_ output: OutputSettings, clock: Clock = .system) {
        self.output = output
        self.clock = clock
        path = output.path ?? ""
    }

    nonisolated(nonsending) func send(_ bodies: [[UInt8]]) async -> OutputOutcome {
        update(bodies.compactMap { OutputNotice($0)?.address })
    }

    /// Adds addresses, and drops what has ended. With none only that.
    func update(_ addresses: [IPAddress]) -> OutputOutcome {
        let now = Int(clock.wall())
        let old = FileManager.default.contents(atPath: path).map {
            String(decoding: $0.prefix(Self.maxFile), as: UTF8.self)
        }
        var list = AddressList(reading: old ?? "")
        for address in addresses where address.isPublic { list.add(address, until: now + Int(output.expire)) }
        list.prune(now: now, limit: output.maxEntries)
        let text = list.text
        if text != old, let problem = write(text) { return .retry(problem, after: nil) }
        return .delivered("\(list.entries.count) addresses in \(path)" + reloadIfDue(text != old))
    }

    private func write(_ text: String) -> String? {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o660)
        guard descriptor >= 0 else {
            return
                "cannot write \(temporary): \(errnoText()) (the service needs the right to its folder: see rules/README.md)"
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        let isWritten = rest.isEmpty && fchmod(descriptor, 0o660) == 0 && fsync(descriptor) == 0
        let cause = errnoText()
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            defer { unlink(temporary) }
            return "cannot write \(path): \(isWritten ? errnoText() : cause)"
        }
        return nil
    }

    // MARK: Reload

    /// A reload empties analysisd's frequency counts, so it is not asked for often (`wazuh.md` §6).
    private func reloadIfDue(_ isChanged: Bool) -> String {
        isReloadDue = isReloadDue || isChanged
        guard let socket = output.reloadSocket, isReloadDue else { return "" }
        let boot = clock.boot()
        if let last = reloadedAt, boot - last < output.reloadInterval { return "" }
        reloadedAt = boot
        guard let problem = RulesetReload.ask(socket) else {
            isReloadDue = false
            return ", analysisd has read it anew"
        }
        return "; analysisd did not read it anew: \(problem)"
    }
}
