import Support
import Synchronization

@testable import VTEnrich

/// One thing that happens to the writer's files or to the follower; carries all it needs, so that a sequence of them
/// always does the same.
enum FollowStep: Equatable, CustomStringConvertible {
    case append(Int)
    case flush
    case pieces(Int, size: Int)
    case garbage
    case rotateDay
    case rotateSize
    case restartSameDay
    case crashHalfLine
    case compress(Int)
    case truncate
    case copyTruncate
    case replaceAtomically
    case deletePath
    case restorePath
    case advance(Double)
    case look
    case lookALittle
    case queueFull(Bool)
    case storeFails(Bool)
    case stop
    case kill
    /// Killed in the middle of a look, right after so many commits.
    case crash(commits: Int)
    case start

    var description: String {
        switch self {
        case .append(let count): ".append(\(count))"
        case .pieces(let count, let size): ".pieces(\(count), size: \(size))"
        case .compress(let generation): ".compress(\(generation))"
        case .advance(let seconds): ".advance(\(seconds))"
        case .queueFull(let value): ".queueFull(\(value))"
        case .storeFails(let value): ".storeFails(\(value))"
        case .crash(let commits): ".crash(commits: \(commits))"
        case .flush: ".flush"
        case .garbage: ".garbage"
        case .rotateDay: ".rotateDay"
        case .rotateSize: ".rotateSize"
        case .restartSameDay: ".restartSameDay"
        case .crashHalfLine: ".crashHalfLine"
        case .truncate: ".truncate"
        case .copyTruncate: ".copyTruncate"
        case .replaceAtomically: ".replaceAtomically"
        case .deletePath: ".deletePath"
        case .restorePath: ".restorePath"
        case .look: ".look"
        case .lookALittle: ".lookALittle"
        case .stop: ".stop"
        case .kill: ".kill"
        case .start: ".start"
        }
    }

    static func random(using random: inout SeededRandom) -> FollowStep {
        switch random.below(100) {
        case 0..<20: .append(1 + random.below(random.below(4) == 0 ? 60 : 6))
        case 20..<26: .flush
        case 26..<30: .pieces(1 + random.below(3), size: [1, 7, 100, 333, 4096][random.below(5)])
        case 30..<31: .garbage
        case 31..<36: .rotateDay
        case 36..<42: .rotateSize
        case 42..<46: .restartSameDay
        case 46..<49: .crashHalfLine
        case 49..<54: .compress(random.below(4))
        case 54..<56: .truncate
        case 56..<58: .copyTruncate
        case 58..<60: .replaceAtomically
        case 60..<63: .deletePath
        case 63..<66: .restorePath
        case 66..<71: .advance([0.3, 2, 61, 3_600][random.below(4)])
        case 71..<82: .look
        case 82..<86: .lookALittle
        case 86..<88: .queueFull(random.below(2) == 0)
        case 88..<90: .storeFails(random.below(2) == 0)
        case 90..<93: .stop
        case 93..<95: .kill
        case 95..<97: .crash(commits: random.below(3))
        default: .start
        }
    }
}

/// A small generator with a seed, so that a failure can be run again.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// Runs steps against the real follower and real files, and knows what may be missing afterwards.
struct FollowModel {
    private let bench: FollowBench
    private var isRunning = true

    init() throws {
        bench = try FollowBench(start: .beginning)
        bench.settings.alerts.maxCatchupAge = 1e9
        bench.end(orderly: false)
        bench.begin()
        bench.look()
    }

    /// What is wrong after the steps, when everything has calmed down; nil: the promises hold.
    static func fault(of steps: [FollowStep]) throws -> String? {
        var model = try FollowModel()
        for step in steps { model.perform(step) }
        model.calmDown()
        let report = model.bench.report
        guard report.isClean else {
            return report.description + "\n" + model.bench.log.text
        }
        let lag = model.bench.trail.status.lagBytes
        return lag == 0 ? nil : "\(lag) bytes of lag at the end"
    }

    private mutating func perform(_ step: FollowStep) {
        let writer = bench.writer
        switch step {
        case .append(let count): writer.append(count)
        case .flush: writer.flush()
        case .pieces(let count, let size): writer.append(count, pieces: [size])
        case .garbage: writer.appendRaw("{\"timestamp\": no alert\n\u{0}\u{0}\n\r\n\n")
        case .rotateDay: bench.rotateDay()
        case .rotateSize: writer.rotateSize()
        case .restartSameDay: writer.restartSameDay()
        case .crashHalfLine: writer.crashHalfLine()
        case .compress(let age):
            let generation = writer.generation - 1 - age
            if generation >= 0 { writer.compress(generation: generation) { if age == 0 { look() } } }
        case .truncate:
            bench.forgiveUnread()
            writer.truncate()
        case .copyTruncate:
            bench.forgiveUnread()
            writer.copyTruncate()
        case .replaceAtomically: writer.replaceAtomically()
        case .deletePath: writer.deletePath()
        case .restorePath: writer.restorePath()
        case .advance(let seconds): bench.advance(seconds)
        case .look: look()
        case .lookALittle: if isRunning { _ = bench.trail.look(budget: 600) }
        case .queueFull(let full): bench.store.state.withLock { $0.pending = full ? 2_000_000 : 0 }
        case .storeFails(let fails):
            bench.store.state.withLock { $0.failure = fails ? FileError("write", "state.db", 28) : nil }
        case .stop: if isRunning { end(.stop) }
        case .kill: if isRunning { end(.kill) }
        case .crash(let commits):
            guard isRunning else { break }
            bench.store.state.withLock { $0.commitsLeft = commits }
            bench.look()
            end(.kill)
            bench.store.state.withLock { $0.commitsLeft = nil }
        case .start: if !isRunning { begin() }
        }
    }

    private func look() { if isRunning { bench.look() } }

    private mutating func end(_ step: FollowStep) {
        bench.end(orderly: step == .stop)
        isRunning = false
    }

    private mutating func begin() {
        bench.begin()
        isRunning = true
    }

    private mutating func calmDown() {
        bench.store.state.withLock {
            $0.failure = nil
            $0.pending = 0
        }
        if !isRunning { begin() }
        bench.writer.restorePath()
        bench.writer.flush()
        for _ in 0..<3 {
            bench.look()
            bench.advance(10)
        }
        bench.look()
    }
}

/// The shortest sequence found that still fails: steps are left out as long as the rest fails.
func shrink(_ steps: [FollowStep], fails: ([FollowStep]) throws -> Bool) rethrows -> [FollowStep] {
    var shortest = steps
    var size = max(1, steps.count / 2)
    while size >= 1 {
        var position = 0
        var hasShrunk = false
        while position < shortest.count {
            var candidate = shortest
            candidate.removeSubrange(position..<min(position + size, candidate.count))
            if try fails(candidate) {
                shortest = candidate
                hasShrunk = true
            } else {
                position += size
            }
        }
        if size == 1, !hasShrunk { break }
        size = size == 1 ? 1 : size / 2
    }
    return shortest
}
