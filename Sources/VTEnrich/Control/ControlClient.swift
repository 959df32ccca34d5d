import CLinux
import Foundation
import Glibc

/// The commands' end of the control socket. Blocks; for the short-lived commands only.
package enum ControlClient {
    package enum Outcome: Sendable {
        case answer(ControlResponse)
        /// Nobody listens: the daemon is not running.
        case notRunning
        /// It listens and does not answer in time.
        case hanging
        /// The socket is there and not for us.
        case notAllowed
    }

    /// - Parameter seconds: how long to wait for the answer.
    package static func send(_ request: ControlRequest, to path: String, patience seconds: Double) -> Outcome {
        guard var address = UnixAddress(path: path) else { return .notRunning }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .notRunning }
        defer { close(descriptor) }
        vt_set_patience(descriptor, seconds)
        guard address.withSockAddr({ connect(descriptor, $0, $1) }) == 0 else {
            switch errno {
            case EACCES, EPERM: return .notAllowed
            case EAGAIN, EINPROGRESS: return .hanging
            default: return .notRunning
            }
        }
        guard var body = try? JSONEncoder().encode(request) else { return .notRunning }
        body.append(UInt8(ascii: "\n"))
        guard
            body.withUnsafeBytes({ Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
                == body.count
        else { return .hanging }
        return receive(from: descriptor)
    }

    private static func receive(from descriptor: Int32) -> Outcome {
        var answer = Data()
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .hanging }
            if count == 0 { break }
            answer.append(contentsOf: chunk.prefix(count))
        }
        guard let response = try? JSONDecoder().decode(ControlResponse.self, from: answer) else { return .hanging }
        return .answer(response)
    }
}
