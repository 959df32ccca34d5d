import Foundation
import Glibc
import Synchronization

/// A reference that a thread can hold without keeping its owner alive.
final class Weak<Object: AnyObject & Sendable>: Sendable {
    private struct Box: Sendable {
        weak var object: Object?
    }

    private let box = Mutex(Box())

    var value: Object? {
        get { box.withLock { $0.object } }
        set { box.withLock { $0.object = newValue } }
    }
}

/// CLOCK_MONOTONIC.
package func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Since 1970 UTC.
package func wallSeconds() -> Double {
    Date().timeIntervalSince1970
}

/// One `write`, so that lines of several writers do not mix.
@discardableResult
package func appendToFile(_ path: String, _ bytes: [UInt8]) -> Bool {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return write(descriptor, bytes, bytes.count) == bytes.count
}
