import Foundation
import Glibc

/// The account that the service runs under: what root can read says nothing about what the service can.
struct ServiceUser: Equatable {
    var uid: uid_t
    var gid: gid_t
    /// Supplementary groups.
    var groups: [gid_t]

    /// Of the running daemon; else of the state directory's owner with the groups that the unit gives it, else of the
    /// account `vtenrichd`. nil where there is neither, and where the service runs as root.
    static func find(stateDirectory: String, daemon: Int32?) -> ServiceUser? {
        if let daemon, daemon > 0, let running = ServiceUser(process: daemon) {
            return running.uid == 0 ? nil : running
        }
        var facts = stat()
        if stat(stateDirectory, &facts) == 0 {
            return facts.st_uid == 0 ? nil : ServiceUser(account: facts.st_uid, gid: facts.st_gid)
        }
        return userID("vtenrichd").flatMap { ServiceUser(account: $0.uid, gid: $0.gid) }
    }

    /// From /proc.
    private init?(process: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        func numbers(_ key: String) -> [UInt32] {
            let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
            return line?.dropFirst(key.count + 1).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) } ?? []
        }
        let (users, groups) = (numbers("Uid"), numbers("Gid"))
        guard users.count > 1, groups.count > 1 else { return nil }
        self.init(uid: users[1], gid: groups[1], groups: numbers("Groups"))
    }

    private init(account uid: uid_t, gid: gid_t) {
        var groups = [gid_t](repeating: 0, count: 256)
        var count = Int32(groups.count)
        let known = getgrouplist(userName(uid), gid, &groups, &count) >= 0
        groups = known ? Array(groups.prefix(Int(count))) : [gid]
        // SupplementaryGroups= of the unit.
        if let wazuh = groupID("wazuh"), !groups.contains(wazuh) { groups.append(wazuh) }
        self.init(uid: uid, gid: gid, groups: groups)
    }

    private init(uid: uid_t, gid: gid_t, groups: [gid_t]) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }

    /// Makes this process that user, for good. Returns the cause when it cannot.
    func become() -> String? {
        guard setgroups(groups.count, groups) == 0, setgid(gid) == 0, setuid(uid) == 0 else { return errnoText() }
        return nil
    }

    var description: String {
        let names = ([gid] + groups.filter { $0 != gid }).map { groupName($0) }
        return "\(userName(uid)), groups \(names.joined(separator: ", "))"
    }
}

private func userID(_ name: String) -> (uid: uid_t, gid: gid_t)? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 4_096)
    guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return (entry.pw_uid, entry.pw_gid)
}

func groupID(_ name: String) -> gid_t? {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return entry.gr_gid
}
