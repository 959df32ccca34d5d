import Glibc
import Support

/// The program as nobody runs it. Needs root: root itself is refused nothing.
enum Unprivileged {
    static let uid = 65_534

    static var isPossible: Bool { geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0 }

    /// Arguments of setpriv for `vtenrichd`, which is copied into `folder`, since others may not enter where it was built.
    ///
    /// - Parameter group: a supplementary group.
    static func command(_ arguments: [String], in folder: TemporaryFolder, group: Int? = nil) async throws -> [String] {
        let copy = folder["vtenrichd"]
        if access(copy, X_OK) != 0 {
            // Not by this process: a child that another test forks would hold the copy open, and exec refuse it as busy.
            _ = try await Program(at: "/bin/cp").run([try Program("vtenrichd").path, copy])
            chmod(copy, 0o755)
            chmod(folder.path, 0o755)
        }
        let groups = group.map { "--groups=\($0)" } ?? "--clear-groups"
        return ["--reuid=\(uid)", "--regid=\(uid)", groups, copy] + arguments
    }

    static func run(_ arguments: String..., in folder: TemporaryFolder, group: Int? = nil) async throws
        -> Program.Output
    {
        try await Program(at: "/usr/bin/setpriv").run(try await command(arguments, in: folder, group: group))
    }
}
