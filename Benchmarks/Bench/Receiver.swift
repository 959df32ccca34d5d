import Foundation
import Glibc
import Support
import Synchronization

/// The receiving end of analysisd's socket, as fast as it can be: it counts, and hears when an awaited event comes. On a thread
/// of its own.
final class Receiver: Sendable {
    private struct State {
        var count = 0
        var bytes = 0
        /// When each awaited alert's event came, by the number at the end of the alert's id.
        var arrivals: [Int: Double] = [:]
        var notesArrivals = false
    }

    private let state = Mutex(State())
    private let isOver = Atomic(false)
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { [descriptor] in
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Command.Failed(description: "cannot bind \(path)") }
        Thread.detachNewThread { [self] in receive() }
    }

    var count: Int { state.withLock { $0.count } }
    var bytes: Int { state.withLock { $0.bytes } }

    func noteArrivals() { state.withLock { $0.notesArrivals = true } }
    var arrivals: [Int: Double] { state.withLock { $0.arrivals } }

    func stop() {
        isOver.store(true, ordering: .relaxed)
    }

    private func receive() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while !isOver.load(ordering: .relaxed) {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, 100) == 1 else { continue }
            while case let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)), count >= 0 {
                let now = monotonicSeconds()
                state.withLock { state in
                    state.count += 1
                    state.bytes += count
                    guard state.notesArrivals else { return }
                    if let number = Self.number(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
                        state.arrivals[number] = now
                    }
                }
            }
        }
        close(descriptor)
    }

    /// Of `"alert_id":"1795280117.4711"`: 4711.
    private static func number(_ event: UnsafeRawBufferPointer) -> Int? {
        let text = String(decoding: event, as: UTF8.self)
        guard let key = text.firstRange(of: "\"alert_id\":\"") else { return nil }
        let id = text[key.upperBound...].prefix { $0 != "\"" }
        return id.split(separator: ".").last.flatMap { Int($0) }
    }
}
