import Foundation
import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 with a thread for each connection, so that it can be slow, silent or rude byte by byte
/// without holding a thread of the shared pool.
package final class LoopbackServer: Sendable {
    package let port: UInt16
    private let connections: OpenConnections

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - serve: runs on the connection's own thread; the connection is closed when it returns.
    package init(port: UInt16 = 0, serve: @escaping @Sendable (Connection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw SystemError("socket") }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var size = socklen_t(MemoryLayout.size(ofValue: address))
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, name, &size) == 0
            }
        }
        guard bound else {
            let error = SystemError("bind to 127.0.0.1:\(port)")
            close(listener)
            throw error
        }
        self.port = UInt16(bigEndian: address.sin_port)
        connections = OpenConnections(listener)
        Thread.detachNewThread { [connections] in Self.accept(on: listener, connections, serve) }
    }

    deinit {
        stop()
    }

    /// How many connections were taken so far.
    package var connectionCount: Int { connections.count }

    /// Ends every connection and takes no more.
    package func stop() { connections.endAll() }

    private static func accept(
        on listener: Int32, _ connections: OpenConnections, _ serve: @escaping @Sendable (Connection) -> Void
    ) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            if descriptor < 0 && (errno == EINTR || errno == ECONNABORTED) { continue }
            guard descriptor >= 0, let number = connections.add(descriptor) else { break }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            Thread.detachNewThread {
                serve(Connection(descriptor: descriptor, number: number))
                connections.remove(descriptor)
            }
        }
        connections.closeListener()
    }
}

/// A failed system call as an error: what was tried and what the system said.
package struct SystemError: Error, CustomStringConvertible {
    package let description: String

    package init(_ operation: String) {
        description = "\(operation): \(String(cString: strerror(errno)))"
    }
}

private final class OpenConnections: Sendable {
    private struct State {
        /// nil once it is closed: its number may be another's by then.
        var listener: Int32?
        var descriptors: Set<Int32> = []
        var count = 0
        var isOver = false
    }

    private let state: Mutex<State>

    init(_ listener: Int32) { state = Mutex(State(listener: listener)) }

    var count: Int { state.withLock { $0.count } }

    /// The connection's number from 1; nil when the server has stopped.
    func add(_ descriptor: Int32) -> Int? {
        state.withLock { state in
            guard !state.isOver else {
                close(descriptor)
                return nil
            }
            state.descriptors.insert(descriptor)
            state.count += 1
            return state.count
        }
    }

    func remove(_ descriptor: Int32) {
        state.withLock { state in
            state.descriptors.remove(descriptor)
            close(descriptor)
        }
    }

    func endAll() {
        state.withLock { state in
            state.isOver = true
            if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func closeListener() {
        state.withLock { state in
            if let listener = state.listener { close(listener) }
            state.listener = nil
        }
    }
}
