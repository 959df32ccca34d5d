import Glibc

/// Where the API key is looked for (contract §2).
package enum APIKeySource: Sendable, Equatable {
    /// `virustotal.api_key_file`, given or by default.
    case file(String)
    /// The systemd credential `virustotal-api-key`.
    case credential(String)
    /// `VT_API_KEY`.
    case environment
}

extension APIKeySource: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path): path
        case .credential: "the systemd credential \(Self.credentialName)"
        case .environment: "the environment variable \(Self.variable)"
        }
    }

    static let credentialName = "virustotal-api-key"
    static let variable = "VT_API_KEY"
}

/// The key that is in force, or the knowledge that there is none: then the daemon follows and queues (`no_key`).
package struct LoadedAPIKey: Sendable, Equatable {
    package var key: APIKey?
    package var source: APIKeySource
    /// For the log of `run` and for `check`: no key, or one that others can read.
    package var warning: String?

    package init(key: APIKey?, source: APIKeySource, warning: String? = nil) {
        self.key = key
        self.source = source
        self.warning = warning
    }
}

/// A key that is there and must not be used, with what mends it. Never holds a part of the key.
package struct APIKeyError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
}

extension LoadedAPIKey {
    /// Reads the key from the first place that the configuration and the environment name. Blocks for one small file.
    package static func load(
        for settings: Configuration.VirusTotal, environment: [String: String]
    ) throws(APIKeyError) -> LoadedAPIKey {
        if settings.apiKeyFileIsSet { return try read(.file(settings.apiKeyFile), at: settings.apiKeyFile) }
        if let directory = environment["CREDENTIALS_DIRECTORY"], directory.hasPrefix("/") {
            let path = "\(directory)/\(APIKeySource.credentialName)"
            let loaded = try read(.credential(path), at: path)
            if loaded.key != nil { return loaded }
        }
        if let text = environment[APIKeySource.variable], !text.isEmpty {
            do throws(APIKey.Refusal) {
                return LoadedAPIKey(
                    key: try APIKey(text.utf8), source: .environment,
                    warning: "the API key comes from \(APIKeySource.variable), which others can read in /proc; "
                        + "use virustotal.api_key_file or a systemd credential")
            } catch {
                throw APIKeyError(description: "\(APIKeySource.variable) \(error)")
            }
        }
        return try read(.file(settings.apiKeyFile), at: settings.apiKeyFile)
    }

    /// - Parameter what: names the secret in messages.
    static func read(
        _ source: APIKeySource, at path: String, what: String = "API key"
    ) throws(APIKeyError) -> LoadedAPIKey {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let cause = errno
            if cause == ENOENT || cause == ENOTDIR {
                return LoadedAPIKey(
                    key: nil, source: source,
                    warning: "no API key: \(path) does not exist; alerts wait until it does and the daemon is reloaded")
            }
            throw APIKeyError(description: KeyFileAdvice(path: path, what: what).unreadable(cause: cause))
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw APIKeyError(description: "the \(what) file \(path) is not a regular file")
        }
        if facts.st_mode & 0o007 != 0 {
            throw APIKeyError(description: KeyFileAdvice(path: path, what: what).readableByOthers(mode: facts.st_mode))
        }
        var bytes = [UInt8](repeating: 0, count: 4_097)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            throw APIKeyError(description: "cannot read the \(what) file \(path): \(String(cString: strerror(errno)))")
        }
        do throws(APIKey.Refusal) {
            return LoadedAPIKey(key: try APIKey(bytes.prefix(count)), source: source)
        } catch {
            throw APIKeyError(
                description: "the \(what) file \(path) \(error)".replacing("the API key", with: "the \(what)"))
        }
    }
}

/// Sentences about a key file that ends with the command that mends it.
private struct KeyFileAdvice {
    let path: String
    let what: String

    func readableByOthers(mode: mode_t) -> String {
        "the \(what) file \(path) has mode \(octal(mode)), so every user can get at the \(what == "API key" ? "key" : what); run: chmod 640 \(shellWord)"
    }

    /// Says who the process is, and whose the file is as far as that can be seen.
    func unreadable(cause: Int32) -> String {
        let reason = String(cString: strerror(cause))
        let who = "user \(userName(geteuid())), group \(groupName(getegid()))"
        var facts = stat()
        guard cause == EACCES, stat(path, &facts) == 0 else {
            return "cannot open the \(what) file \(path) as \(who): \(reason)"
        }
        let owner = "\(userName(facts.st_uid)):\(groupName(facts.st_gid))"
        return "cannot open the \(what) file \(path) as \(who): \(reason); it belongs to \(owner) with mode "
            + "\(octal(facts.st_mode)); run: chgrp \(groupName(getegid())) \(shellWord) && chmod 640 \(shellWord)"
    }

    private func octal(_ mode: mode_t) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private var shellWord: String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain
            ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// The account's name, else its number.
func userName(_ id: uid_t) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 4_096)
    guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
        return String(id)
    }
    return String(cString: name)
}

func groupName(_ id: gid_t) -> String {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getgrgid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.gr_name else {
        return String(id)
    }
    return String(cString: name)
}
