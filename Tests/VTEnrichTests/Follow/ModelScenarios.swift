import Dispatch
import Foundation
import Support
import Testing

@testable import VTEnrich

@Suite struct ModelScenarios {
    /// `FOLLOW_SEED` repeats a run, `FOLLOW_SEQUENCES` sets its length.
    @Test func `F46 random sequences of everything keep the promises P1 to P5`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["FOLLOW_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        let count = environment["FOLLOW_SEQUENCES"].flatMap { Int($0) } ?? 5_000
        print("F46: \(count) sequences from seed \(seed)")
        let fault = try await onOwnQueue { try Self.firstFault(seed: seed, count: count) }
        if let fault { Issue.record("seed \(seed): \(fault)") }
    }

    private static func firstFault(seed: UInt64, count: Int) throws -> String? {
        var random = SeededRandom(seed: seed)
        for _ in 0..<count {
            let steps = (0..<(5 + random.below(35))).map { _ in FollowStep.random(using: &random) }
            guard try FollowModel.fault(of: steps) != nil else { continue }
            let shortest = try shrink(steps) { try FollowModel.fault(of: $0) != nil }
            return
                "\(try FollowModel.fault(of: shortest) ?? "passes now"): [\(shortest.map(\.description).joined(separator: ", "))]"
        }
        return nil
    }
}

/// Runs what blocks away from the pool.
func onOwnQueue<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test").async { continuation.resume(with: Result(catching: body)) }
    }
}
