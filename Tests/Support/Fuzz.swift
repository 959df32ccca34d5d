import Foundation
import Glibc

/// Random input for a reader of outside text, until the time is over. What breaks it is made small and kept in
/// `Tests/Corpus/<name>`, whose files every later run tries first.
///
/// `FUZZ_SECONDS` gives the time (without it a number of cases, as a test), `FUZZ_SEED` repeats a run.
package struct Fuzz {
    /// What a reader made of one input.
    package enum Reading {
        /// Sound. Equal numbers stand for inputs that were read alike: one of a new kind is worth changing further.
        case sound(kind: Int)
        case fault(String)
    }

    private let name: String
    private let seeds: [[UInt8]]
    private let pieces: [[UInt8]]
    private let folder: String

    /// - Parameters:
    ///   - seeds: sound inputs to begin with.
    ///   - pieces: as for `Mutator`.
    package init(_ name: String, seeds: [[UInt8]], pieces: [[UInt8]], file: String = #filePath) {
        self.name = name
        self.seeds = seeds
        self.pieces = pieces
        let tests = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
        folder = tests.appendingPathComponent("Corpus/\(name)").path
    }

    /// - Parameters:
    ///   - cases: how many without `FUZZ_SECONDS`.
    ///   - read: runs the reader and looks at what it says; a trap ends the run and leaves its input in the corpus as `crash`.
    /// - Returns: what was found, the kept inputs' faults included; empty when all is well.
    package func run(cases: Int, _ read: ([UInt8]) -> Reading) -> [String] {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["FUZZ_SECONDS"].flatMap { Double($0) }
        let seed = environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        let kept = self.kept()
        var faults = kept.compactMap { name, bytes in fault(read(bytes)).map { "\(name): \($0)" } }

        var mutator = Mutator(seed: seed, pieces: pieces)
        var pool = seeds + kept.map(\.bytes)
        var kinds: Set<Int> = []
        let trace = seconds.flatMap { _ in InputTrace(folder: folder) }
        let start = monotonicSeconds()
        var count = 0
        while faults.isEmpty, seconds.map({ monotonicSeconds() - start < $0 }) ?? (count < cases) {
            guard let one = pool.randomElement(using: &mutator), let other = pool.randomElement(using: &mutator) else {
                break
            }
            // Mostly little damage, which leads further into a reader than much.
            let most = [1, 1, 2, 3, 6].randomElement(using: &mutator) ?? 1
            let input = mutator.mutate(one, with: other, changes: 1...most)
            trace?.note(input)
            count += 1
            let began = Self.processorSeconds()
            let reading = read(input)
            if let fault = fault(reading) ?? slowness(Self.processorSeconds() - began, input) {
                let small = shrink(input) { self.fault(read($0)) != nil }
                faults.append("FUZZ_SEED=\(seed), kept as \(keep(small)): \(fault)")
            } else if case .sound(let kind) = reading, kinds.insert(kind).inserted, input.count < 65_536 {
                pool.append(input)
            }
        }
        trace?.remove()
        if let seconds {
            let rate = Int(Double(count) / (monotonicSeconds() - start))
            print(
                "fuzz \(name): FUZZ_SEED=\(seed), \(count) cases in \(Int(seconds)) s (\(rate)/s), \(kinds.count) kinds, "
                    + "\(kept.count) kept from before, \(faults.count) found")
        }
        return faults
    }

    private func fault(_ reading: Reading) -> String? {
        if case .fault(let fault) = reading { fault } else { nil }
    }

    /// Of this thread: what others do on the machine does not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Inputs here are a few KiB; whatever takes seconds grows faster than its input.
    private func slowness(_ seconds: Double, _ input: [UInt8]) -> String? {
        seconds > 5 ? "\(input.count) bytes took \(seconds) s" : nil
    }

    // MARK: Corpus

    private func kept() -> [(name: String, bytes: [UInt8])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
        return names.compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").map { (name, [UInt8]($0)) }
        }
    }

    private func keep(_ input: [UInt8]) -> String {
        let hash = input.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let path = "\(folder)/\(String(hash, radix: 16))"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return FileManager.default.createFile(atPath: path, contents: Data(input)) ? path : "nothing: \(input)"
    }

    /// Leaves parts out as long as it stays a fault.
    private func shrink(_ input: [UInt8], isFault: ([UInt8]) -> Bool) -> [UInt8] {
        var input = input
        var size = input.count / 2
        while size > 0 {
            var place = 0
            while place < input.count {
                var shorter = input
                shorter.removeSubrange(place..<min(input.count, place + size))
                if isFault(shorter) { input = shorter } else { place += size }
            }
            size /= 2
        }
        return input
    }
}

/// The input being read, in a file: a trap leaves it there.
private struct InputTrace {
    private let path: String
    private let descriptor: Int32

    init?(folder: String) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/crash"
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return nil }
    }

    func note(_ input: [UInt8]) {
        ftruncate(descriptor, off_t(pwrite(descriptor, input, input.count, 0)))
    }

    func remove() {
        close(descriptor)
        unlink(path)
        // Only when it is empty.
        rmdir(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    }
}
