import Glibc

/// One connection of a `LoopbackServer`, used on its thread. Every call blocks.
package struct Connection: Sendable {
    package let descriptor: Int32
    /// From 1, in the order of arrival.
    package let number: Int

    /// The head of an HTTP request, which is all that a GET or CONNECT has.
    package struct RequestHead: Sendable {
        package var method: String
        /// As it stood in the request line.
        package var target: String
        /// Names in lower case.
        package var headers: [String: String]
    }

    /// nil when the client is gone or does not speak HTTP.
    package func readRequest() -> RequestHead? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0, bytes.count < 65_536 else { return nil }
            bytes += buffer[..<count]
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return RequestHead(method: String(words[0]), target: String(words[1]), headers: headers)
    }

    /// False when the client is gone.
    @discardableResult
    package func write(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sleeps; false at once when the client leaves or the server stops.
    package func pause(_ seconds: Double) -> Bool {
        // POLLRDHUP, which Glibc does not import: the client has ended its side.
        var poll = pollfd(fd: descriptor, events: 0x2000, revents: 0)
        return Glibc.poll(&poll, 1, Int32(seconds * 1000)) == 0
    }

    /// Makes the close that follows a reset (RST) instead of an end.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }
}
