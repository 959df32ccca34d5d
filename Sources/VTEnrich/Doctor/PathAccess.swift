import Glibc

/// Who may reach a path, and what stands in the way: the first folder that cannot be entered, else the path itself.
struct PathAccess {
    /// Where the way ends for this process.
    var obstacle: String
    /// Whether that is a folder before the end of it.
    var isOnTheWay: Bool
    var owner: uid_t
    var group: gid_t
    var mode: mode_t

    /// nil when nothing on the way can be seen.
    init?(to path: String) {
        var (reached, obstacle) = ("", path)
        for part in path.split(separator: "/").dropLast() {
            reached += "/\(part)"
            if access(reached, X_OK) != 0 {
                obstacle = reached
                break
            }
        }
        var facts = stat()
        guard stat(obstacle, &facts) == 0 else { return nil }
        self.obstacle = obstacle
        isOnTheWay = obstacle != path
        (owner, group, mode) = (facts.st_uid, facts.st_gid, facts.st_mode)
    }

    /// `/var/ossec (root:wazuh, mode 0750)`.
    var description: String {
        "\(obstacle) (\(userName(owner)):\(groupName(group)), mode \(octal(mode)))"
    }

    /// Puts the user into the group that may what `bits` (of one class: 4 read, 2 write, 1 enter) ask for; where that group
    /// is root's or may not, gives it to Wazuh's group or to the user's own.
    func remedy(_ bits: mode_t) -> String {
        let wanted = isOnTheWay ? 1 : mode & S_IFMT == S_IFDIR ? bits | 1 : bits
        guard group == 0 || mode >> 3 & wanted != wanted else {
            return "usermod -aG \(groupName(group)) \(userName(geteuid())) && systemctl restart vtenrichd"
        }
        let letters = (wanted & 4 != 0 ? "r" : "") + (wanted & 2 != 0 ? "w" : "") + (wanted & 1 != 0 ? "x" : "")
        let given = group != 0 ? group : groupID("wazuh") ?? getegid()
        let word = obstacle.shellWord
        let change = given == group ? "" : "chgrp \(groupName(given)) \(word) && "
        return change + "chmod g+\(letters) \(word)"
    }
}

func octal(_ mode: mode_t) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// The folder of a path; `/` for what stands right below it.
func folder(of path: String) -> String {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    return end == path.startIndex ? "/" : String(path[..<end])
}

/// `512 B`, `12.3 MB`.
package func byteText(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1_000, unit + 1) }
    return unit == 0
        ? "\(bytes) B" : "\(value < 99.95 ? value.tenthsText : String(Int(value.rounded()))) \(units[unit])"
}

extension Double {
    fileprivate var tenthsText: String {
        let tenths = Int((self * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
