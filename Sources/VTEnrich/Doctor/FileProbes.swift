import Glibc
import VTEnrichCore

/// Looks at `alerts.json`, the state directory and the outputs, as whoever this process is. Opens and connects; writes nothing.
enum FileProbes {
    // MARK: alerts.json

    /// - Parameter now: wall clock.
    static func alerts(_ path: String, now: Double) -> [Finding] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return [unreadable(alerts: path, cause: errno)] }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            return [Finding(.alerts, .fail, "\(path) is not a regular file", remedy: "set alerts.path")]
        }
        let age = max(0, now - Double(facts.st_mtim.tv_sec))
        var findings = [
            Finding(.alerts, .ok, "\(path), \(byteText(Int(facts.st_size))), last written \(span(age)) ago")
        ]
        if age > 86_400 {
            findings[0].grade = .warn
            findings[0].remedy = "systemctl status wazuh-manager"
        }
        let folder = folder(of: path)
        if access(folder, R_OK | X_OK) != 0 {
            let text = "cannot list \(folder): alerts of rotated files are missed after a stop"
            findings.append(Finding(.alerts, .warn, text, remedy: "chmod g+rx \(folder.shellWord)"))
        }
        return findings
    }

    private static func unreadable(alerts path: String, cause: Int32) -> Finding {
        let text = "cannot open \(path): \(String(cString: strerror(cause)))"
        guard cause == EACCES, let access = PathAccess(to: path) else {
            let hint = cause == ENOENT ? "; it appears when the manager writes <jsonout_output>yes" : ""
            return Finding(.alerts, .fail, text + hint, remedy: "systemctl start wazuh-manager")
        }
        return Finding(.alerts, .fail, "\(text): \(access.description)", remedy: access.remedy(4))
    }

    // MARK: State directory

    static func state(_ directory: String) -> [Finding] {
        let user = "\(userName(geteuid())):\(groupName(getegid()))"
        var facts = stat()
        guard stat(directory, &facts) == 0 else {
            let text = "cannot see \(directory): \(errnoText())"
            // Still root: there was no account to become, and the service shall not run as root.
            let (owner, group) =
                geteuid() == 0 ? ("vtenrichd", "vtenrichd") : (userName(geteuid()), groupName(getegid()))
            let make = "install -d -o \(owner) -g \(group) -m 0750 \(directory.shellWord)"
            return [Finding(.state, .fail, text, remedy: make)]
        }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            return [Finding(.state, .fail, "\(directory) is not a folder", remedy: "set state_dir")]
        }
        guard access(directory, R_OK | W_OK | X_OK) == 0 else {
            let text =
                "\(PathAccess(to: directory + "/state.db")?.description ?? directory) is not writable for \(user)"
            return [Finding(.state, .fail, text, remedy: "chown -R \(user) \(directory.shellWord)")]
        }
        var findings: [Finding] = []
        if facts.st_mode & 0o007 != 0 {
            let text = "\(directory) has mode \(octal(facts.st_mode)): others can read what is in it"
            findings.append(Finding(.state, .warn, text, remedy: "chmod 750 \(directory.shellWord)"))
        }
        for name in StateFiles.names {
            let path = "\(directory)/\(name)"
            if access(path, F_OK) == 0, access(path, R_OK | W_OK) != 0 {
                let text = "\(PathAccess(to: path)?.description ?? path) is not writable for \(user)"
                findings.append(Finding(.state, .fail, text, remedy: "chown \(user) \(path.shellWord)"))
            }
        }
        return findings + [space(in: directory)]
    }

    /// The state of a daemon that takes a million alerts has some hundred megabytes.
    private static func space(in directory: String) -> Finding {
        var facts = statvfs()
        guard statvfs(directory, &facts) == 0 else {
            return Finding(.state, .warn, "cannot tell the free space of \(directory): \(errnoText())")
        }
        let free = Int(facts.f_bavail) * Int(facts.f_frsize)
        let grade: Finding.Grade = free < 20_000_000 ? .fail : free < 500_000_000 ? .warn : .ok
        let remedy = grade == .ok ? nil : "df -h \(directory.shellWord)"
        return Finding(.state, grade, "\(directory), \(byteText(free)) free", remedy: remedy)
    }

    /// - Parameter store: what opening the database gave.
    static func database(_ store: Result<Store?, StoreError>) -> Finding? {
        guard case .failure(let error) = store else { return nil }
        return Finding(.state, .fail, error.description, remedy: "systemctl status vtenrichd")
    }

    // MARK: Outputs

    static func outputs(_ configuration: Configuration) -> [Finding] {
        var findings = configuration.analysisd.map { [queue($0.socket)] } ?? []
        if let file = configuration.outputFile { findings.append(eventFile(file)) }
        return findings
    }

    /// Connects and hangs up; a datagram socket sees nothing of it.
    private static func queue(_ path: String) -> Finding {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        defer { close(descriptor) }
        guard var address = UnixAddress(path: path) else {
            return Finding(.output, .fail, "\(path) is no path of a socket", remedy: "set output.analysisd.socket")
        }
        guard address.withSockAddr({ connect(descriptor, $0, $1) }) != 0 else {
            return Finding(.output, .ok, "\(path), analysisd listens")
        }
        let cause = errno
        let text = "cannot connect to \(path): \(String(cString: strerror(cause)))"
        switch cause {
        case ENOENT:
            return Finding(
                .output, .fail, "\(text); analysisd has not made it", remedy: "systemctl start wazuh-manager")
        case ECONNREFUSED:
            return Finding(
                .output, .fail, "\(text); analysisd is stopped or starting", remedy: "systemctl restart wazuh-manager")
        case EACCES, EPERM:
            let access = PathAccess(to: path)
            return Finding(
                .output, .fail, "\(text): \(access?.description ?? path)",
                remedy: access?.remedy(2) ?? "usermod -aG wazuh vtenrichd && systemctl restart vtenrichd")
        default:
            return Finding(
                .output, .fail, "\(text); it is not analysisd's datagram socket", remedy: "set output.analysisd.socket")
        }
    }

    private static func eventFile(_ path: String) -> Finding {
        let existing = access(path, F_OK) == 0 ? path : folder(of: path)
        guard access(existing, W_OK) != 0 else { return Finding(.output, .ok, "\(path) is writable") }
        let cause = errnoText()
        let access = PathAccess(to: existing)
        let text = "cannot write \(path): \(cause): \(access?.description ?? existing)"
        return Finding(.output, .fail, text, remedy: access?.remedy(2))
    }
}

/// `40 s`, `5 min`, `3 h`, `2 days`.
package func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<120: "\(Int(seconds)) s"
    case ..<7_200: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(Int(seconds / 3_600)) h"
    default: "\(Int(seconds / 86_400)) days"
    }
}
