import GRDB
import Glibc
import Synchronization

/// The open database, which can be exchanged for another while nobody is in it. Meanwhile every use throws, so that no stage
/// waits and none writes to a file that is on its way out.
final class OpenDatabase: Sendable {
    private struct State {
        var database: (any DatabaseWriter)?
        var users = 0
        /// Why there is none.
        var reason = ""
    }

    private let state: Mutex<State>

    init(_ database: any DatabaseWriter) {
        state = Mutex(State(database: database))
    }

    func use<T>(_ body: (any DatabaseWriter) throws -> T) throws -> T {
        let database = try state.withLock { state in
            guard let database = state.database else { throw StoreError(.busy, state.reason) }
            state.users += 1
            return database
        }
        defer { state.withLock { $0.users -= 1 } }
        return try body(database)
    }

    var isOpen: Bool { state.withLock { $0.database != nil } }

    /// Waits until nobody is in it, then lets `body` make the next one of the last (nil: there was none). When it throws, the
    /// last one stays in use, unless `body` has said that it is spent: then later uses throw the same. Blocks; one caller at
    /// a time.
    func exchange(
        _ reason: String,
        _ body: (_ last: (any DatabaseWriter)?, _ isSpent: inout Bool) throws(StoreError) -> any DatabaseWriter
    ) throws(StoreError) {
        let last = state.withLock { state in
            defer { state.database = nil }
            state.reason = reason
            return state.database
        }
        while state.withLock({ $0.users > 0 }) { usleep(2_000) }
        var isSpent = false
        do {
            let next = try body(last, &isSpent)
            state.withLock { $0.database = next }
        } catch {
            state.withLock { state in
                state.reason = error.description
                state.database = isSpent ? nil : last
            }
            throw error
        }
    }
}
