import Foundation
import Glibc
import Synchronization

/// What the daemon takes of the machine, sampled twice a second over all its processes, from `/proc`.
package final class ProcessWatch: Sendable {
    /// One look at one process.
    package struct Sample: Sendable {
        package var processID: Int32
        /// Since the process was first seen.
        package var age: Double
        /// VmRSS, bytes.
        package var memory: Int
        package var descriptors: Int
        /// User and system time since its start, seconds.
        package var cpu: Double
    }

    private struct State {
        var processID: Int32?
        var firstSeen = 0.0
        var samples: [Sample] = []
        var mostMemory = 0
        var mostDescriptors = 0
        var cpuOfOthers = 0.0
    }

    private let state = Mutex(State())

    package init() {
        let watch = Weak<ProcessWatch>()
        watch.value = self
        Thread.detachNewThread {
            while watch.value?.look() != nil { Thread.sleep(forTimeInterval: 0.5) }
        }
    }

    /// The process to look at from now on; nil: none.
    package func follow(_ processID: Int32?) {
        look()
        state.withLock { state in
            state.cpuOfOthers += state.samples.last?.cpu ?? 0
            state.samples = []
            (state.processID, state.firstSeen) = (processID, monotonicSeconds())
        }
    }

    /// Of the process followed now.
    package var samples: [Sample] { state.withLock { $0.samples } }
    /// Bytes, over all processes.
    package var mostMemory: Int { state.withLock { $0.mostMemory } }
    package var mostDescriptors: Int { state.withLock { $0.mostDescriptors } }
    /// Seconds, over all processes.
    package var cpu: Double {
        look()
        return state.withLock { $0.cpuOfOthers + ($0.samples.last?.cpu ?? 0) }
    }

    private func look() {
        state.withLock { state in
            guard let processID = state.processID,
                let sample = Self.sample(processID, age: monotonicSeconds() - state.firstSeen)
            else { return }
            state.samples.append(sample)
            state.mostMemory = max(state.mostMemory, sample.memory)
            state.mostDescriptors = max(state.mostDescriptors, sample.descriptors)
        }
    }

    private static func sample(_ processID: Int32, age: Double) -> Sample? {
        guard let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8),
            let memory = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = memory.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
                Int($0)
            }),
            let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
            // The name, in parentheses, may hold anything.
            case let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " "),
            fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/fd").count
        else { return nil }
        return Sample(
            processID: processID, age: age, memory: kilobytes * 1024, descriptors: descriptors,
            cpu: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }
}
