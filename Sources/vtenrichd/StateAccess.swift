import ArgumentParser
import Glibc
import VTEnrich

/// How commands other than `run` come to the state: as the user it belongs to, creating nothing (contract §1).
enum StateAccess {
    /// Run by root, takes the uid and gid of the state directory's owner, so that no file of the daemon becomes root's.
    static func becomeOwner(of directory: String) throws {
        do throws(StoreError) {
            try takeOwner(of: directory)
        } catch {
            writeError(error.description)
            throw ExitCode(1)
        }
    }

    /// The same for who tells failures otherwise.
    static func takeOwner(of directory: String) throws(StoreError) {
        guard geteuid() == 0 else { return }
        var facts = stat()
        guard stat(directory, &facts) == 0, facts.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(facts.st_gid) == 0, setuid(facts.st_uid) == 0 else {
            throw StoreError(
                .other,
                "cannot become uid \(facts.st_uid), the owner of \(directory): \(String(cString: strerror(errno)))")
        }
    }

    /// The state as it is; nil when there is none. Ends the command with 1 when it cannot be read.
    static func open(_ configuration: Configuration) throws -> Store? {
        do throws(StoreError) {
            return try Store.inspect(directory: configuration.stateDirectory)
        } catch {
            writeError(error.description)
            throw ExitCode(1)
        }
    }
}
