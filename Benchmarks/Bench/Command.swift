import Glibc
import Support

/// One run of a program, with the operating system's own account of it.
struct Command {
    struct Run {
        /// Seconds.
        var wall: Double
        /// User and system time, seconds.
        var cpu: Double
        /// Bytes.
        var peakMemory: Int
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program to its end; blocks. What it prints is thrown away.
    @discardableResult
    static func run(_ path: String, _ arguments: [String]) throws -> Run {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        var words = cStrings([path] + arguments)
        // C, as for grep and wc everywhere: bytes, no characters.
        var variables = cStrings(["PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"])
        defer { for word in words + variables { free(word) } }
        var process = pid_t()
        let start = monotonicSeconds()
        guard posix_spawn(&process, path, &actions, nil, &words, &variables) == 0 else {
            throw Failed(description: "cannot run \(path)")
        }
        var (status, usage) = (Int32(0), rusage())
        while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
        let wall = monotonicSeconds() - start
        guard status & 0x7f == 0, (status >> 8) & 0xff <= 1 else {
            throw Failed(description: "\(path) \(arguments.joined(separator: " ")) ended with \(status)")
        }
        return Run(
            wall: wall, cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakMemory: usage.ru_maxrss * 1024)
    }

    /// As `argv` and `environ` are: the last one is nil. The caller frees them.
    private static func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var strings: [UnsafeMutablePointer<CChar>?] = []
        for text in texts { strings.append(strdup(text)) }
        strings.append(nil)
        return strings
    }

    /// The fastest of some runs: the others were disturbed.
    static func best(of count: Int, _ path: String, _ arguments: [String]) throws -> Run {
        var best = try run(path, arguments)
        for _ in 1..<count {
            let next = try run(path, arguments)
            if next.wall < best.wall { best = next }
        }
        return best
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
