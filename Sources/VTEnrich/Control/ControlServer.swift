import CLinux
import Dispatch
import Foundation
import Glibc
package import Logging

/// The control socket: accepts connections, reads one request each, answers, closes.
///
/// Accepting runs on a queue of its own, each connection on a concurrent one with a second's patience, so that a slow or
/// silent client holds up nobody. What a request does is the daemon's. Unchecked: the source is made once, in `init`.
package final class ControlServer: @unchecked Sendable {
    package typealias Handler = @Sendable (ControlRequest) async -> ControlResponse

    private let path: String
    private let descriptor: Int32
    private let handler: Handler
    private let log: Logger
    private let queue = DispatchQueue(label: "vtenrichd.control")
    private let connections = DispatchQueue(label: "vtenrichd.control.connections", attributes: .concurrent)
    /// More at once are turned away.
    private let room = DispatchSemaphore(value: 64)
    private let source: any DispatchSourceRead

    /// Seconds.
    private static let patience = 1.0
    private static let longestRequest = 4_096

    /// Listens at `path`; an old socket there is replaced, anything else is left and an error.
    package init(path: String, log: Logger, handler: @escaping Handler) throws(ControlError) {
        self.path = path
        self.handler = handler
        self.log = log
        descriptor = try Self.listen(at: path)
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { @Sendable [weak self] in self?.acceptAll() }
        source.resume()
    }

    package func close() {
        queue.sync {
            source.cancel()
            Glibc.close(descriptor)
            unlink(path)
        }
    }

    private static func listen(at path: String) throws(ControlError) -> Int32 {
        guard var address = UnixAddress(path: path) else {
            throw ControlError("control_socket \(path): a socket's path has at most 107 bytes")
        }
        var facts = stat()
        if lstat(path, &facts) == 0 {
            guard facts.st_mode & S_IFMT == S_IFSOCK else {
                throw ControlError("control_socket \(path) is not a socket: move it away or set another path")
            }
            unlink(path)
        }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        let mask = umask(0o117)
        let bound = descriptor >= 0 && address.withSockAddr { bind(descriptor, $0, $1) } == 0
        let cause = errnoText()
        umask(mask)
        guard bound, Glibc.listen(descriptor, 64) == 0 else {
            if descriptor >= 0 { Glibc.close(descriptor) }
            throw ControlError(
                "cannot listen at \(path): \(cause) (its folder must exist and belong to uid \(geteuid()))")
        }
        return descriptor
    }

    private func acceptAll() {
        while true {
            let client = accept(descriptor, nil, nil)
            guard client >= 0 else { return }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            guard room.wait(timeout: .now()) == .success else {
                Glibc.close(client)
                continue
            }
            connections.async { self.serve(client) }
        }
    }

    private func serve(_ client: Int32) {
        vt_set_patience(client, Self.patience)
        guard let peer = Self.peer(of: client), let request = Self.read(from: client) else {
            finish(client, .refused("the request was not understood"))
            return
        }
        if request.changesSomething, peer.uid != 0, peer.uid != geteuid() {
            finish(client, .refused("only root and the service's own user may do this (you are uid \(peer.uid))"))
            return
        }
        Task {
            let response = await self.handler(request)
            self.connections.async { self.finish(client, response) }
        }
    }

    private func finish(_ client: Int32, _ response: ControlResponse) {
        defer {
            Glibc.close(client)
            room.signal()
        }
        guard let body = try? JSONEncoder().encode(response) else { return }
        body.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = send(client, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    private static func peer(of client: Int32) -> ControlPeer? {
        // struct ucred: pid, uid, gid; Glibc does not import it.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, .max, .max)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(client, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
        return ControlPeer(uid: credentials.uid, pid: credentials.pid)
    }

    private static func read(from client: Int32) -> ControlRequest? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1_024)
        while bytes.count < longestRequest, !bytes.contains(UInt8(ascii: "\n")) {
            let count = recv(client, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return try? JSONDecoder().decode(ControlRequest.self, from: Data(bytes))
    }
}

/// The control socket cannot be had, or its other end does not answer.
package struct ControlError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
