import Foundation

/// Waits until something holds, for tests: looks every few milliseconds without blocking a thread of the pool.
///
/// - Parameters:
///   - what: says in the error what did not happen.
///   - seconds: generous; a test that passes never needs it.
package func eventually(
    _ what: String, within seconds: Double = 180, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = monotonicSeconds() + seconds * patience
    while try await !condition() {
        guard monotonicSeconds() < deadline else { throw DidNotHappen(what: what, seconds: seconds) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Under a sanitizer, for which `make sanitize` sets options, everything is many times slower.
private let patience = ProcessInfo.processInfo.environment.keys.contains { $0.hasSuffix("SAN_OPTIONS") } ? 5.0 : 1

package struct DidNotHappen: Error, CustomStringConvertible {
    package let what: String
    package let seconds: Double

    package var description: String { "did not happen within \(seconds) s: \(what)" }
}
