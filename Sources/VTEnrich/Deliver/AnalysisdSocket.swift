import Glibc

/// What became of one event handed to a sink.
enum Sent: Equatable {
    case delivered
    /// The receiver is behind: wait for room.
    case full
    /// Nobody there, or not for us: try again later.
    case unavailable(String)
    /// This event can never be sent.
    case impossible(String)
}

/// The sending end of analysisd's datagram socket (`wazuh.md` §4): connected, non-blocking, closed and made anew after every
/// error, since a socket from before analysisd's restart stays dead. Confined to the deliverer's queue.
final class AnalysisdSocket {
    private let path: String
    private var descriptor: Int32 = -1

    init(path: String) {
        self.path = path
    }

    deinit { reset() }

    func send(_ body: UnsafeRawBufferPointer) -> Sent {
        if descriptor < 0, let problem = open() { return .unavailable(problem) }
        while true {
            let sent = Glibc.send(descriptor, body.baseAddress, body.count, Int32(MSG_NOSIGNAL))
            if sent >= 0 { return .delivered }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .full
            case EMSGSIZE: return .impossible("an event of \(body.count) bytes is larger than \(path) takes")
            default:
                let problem = explain(errno)
                reset()
                return .unavailable(problem)
            }
        }
    }

    /// Waits until the socket takes another datagram, at most `milliseconds`; false: it does not.
    func waitUntilWritable(milliseconds: Int32) -> Bool {
        guard descriptor >= 0 else { return false }
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, milliseconds) == 1
    }

    private func reset() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Returns the problem, nil when the socket is connected.
    private func open() -> String? {
        guard var address = UnixAddress(path: path) else { return "\(path) is too long for a socket (107 bytes)" }
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let new = socket(AF_UNIX, kind, 0)
        guard new >= 0 else { return explain(errno) }
        guard address.withSockAddr({ connect(new, $0, $1) }) == 0 else {
            let problem = explain(errno)
            close(new)
            return problem
        }
        descriptor = new
        return nil
    }

    private func explain(_ code: Int32) -> String {
        let advice =
            switch code {
            case ENOENT: "analysisd has not made it; is the Wazuh manager running?"
            case ECONNREFUSED, ENOTCONN, ECONNRESET: "nobody reads it; analysisd is stopped or starting"
            case EACCES, EPERM: "the service's user needs the group wazuh"
            case EPROTOTYPE, ENOTSOCK: "it is not analysisd's datagram socket; check output.analysisd.socket"
            default: "events wait in the outbox"
            }
        return "cannot send to \(path): \(String(cString: strerror(code))) (\(advice))"
    }
}
