import CZlib
import Foundation

/// What a stand-in answers to one request, and how well it behaves while it does.
package struct Reply: Sendable {
    package enum Delivery: Sendable {
        case whole
        /// Headers and body byte by byte, so many seconds apart.
        case dripping(every: Double)
        /// The headers promise the whole body; the connection ends after so many bytes of it.
        case cut(after: Int)
        /// The same, but the connection is reset; nil: before the headers.
        case reset(after: Int?)
        /// The connection ends without a byte.
        case ended
        /// Nothing, until the client gives up.
        case silence
    }

    package var status: Int
    package var headers: [String: String]
    package var body: [UInt8]
    package var delivery = Delivery.whole
    /// Seconds before the first byte.
    package var delay = 0.0

    package init(
        _ status: Int, _ body: [UInt8] = [], headers: [String: String] = ["content-type": "application/json"],
        delivery: Delivery = .whole, delay: Double = 0
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.delivery = delivery
        self.delay = delay
    }

    package static func json(_ value: Any, status: Int = 200) -> Reply {
        let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        return Reply(status, Array(data ?? Data()))
    }

    /// An error as VirusTotal writes it (`virustotal.md` §2).
    package static func error(
        _ status: Int, _ code: String, _ message: String = "stand-in", retryAfter: String? = nil
    ) -> Reply {
        var reply = json(["error": ["code": code, "message": message]], status: status)
        reply.headers["retry-after"] = retryAfter
        return reply
    }

    /// What a captive portal, a proxy or an edge server answers.
    package static func html(_ status: Int) -> Reply {
        Reply(status, Array("<html><body>\(status)</body></html>".utf8), headers: ["content-type": "text/html"])
    }

    package static func redirect(to url: String, status: Int = 302) -> Reply {
        Reply(status, headers: ["location": url])
    }

    /// Spaces that compress to about a thousandth (T31).
    package static func gzipBomb(decodedBytes: Int) -> Reply {
        let headers = ["content-type": "application/json", "content-encoding": "gzip"]
        return Reply(200, gzip([UInt8](repeating: UInt8(ascii: " "), count: decodedBytes)), headers: headers)
    }

    package func with(_ delivery: Delivery) -> Reply {
        var reply = self
        reply.delivery = delivery
        return reply
    }

    package func delayed(_ seconds: Double) -> Reply {
        var reply = self
        reply.delay = seconds
        return reply
    }

    /// Sends itself; false when the connection must not be used again.
    package func send(over connection: Connection) -> Bool {
        if delay > 0 && !connection.pause(delay) { return false }
        var head = "HTTP/1.1 \(status) Stand-in\r\ncontent-length: \(body.count)\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
        let start = Array((head + "\r\n").utf8)
        switch delivery {
        case .whole:
            return connection.write(start + body)
        case .dripping(let seconds):
            return (start + body).allSatisfy { connection.write([$0]) && connection.pause(seconds) }
        case .cut(let count):
            connection.write(start + body.prefix(count))
            return false
        case .reset(let count):
            if let count { connection.write(start + body.prefix(count)) }
            // Time for the bytes to be read: a reset throws away what has not been.
            if connection.pause(0.1) { connection.reset() }
            return false
        case .ended:
            return false
        case .silence:
            while connection.pause(60) {}
            return false
        }
    }
}

/// gzip of bytes, as a server would send them.
package func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let gzipWindow: Int32 = 15 + 16
    deflateInit2_(
        &stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    return Array(output.prefix(count))
}
