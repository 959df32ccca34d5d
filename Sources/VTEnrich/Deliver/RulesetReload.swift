import CLinux
import Glibc
import VTEnrichCore

/// Asks analysisd to read rules and lists anew (Wazuh 4.13 or newer, `wazuh.md` §6): a message of JSON behind its length in four
/// bytes, low byte first, on a stream socket.
enum RulesetReload {
    /// nil when it did, else why not. Blocks ten seconds at most.
    static func ask(_ path: String) -> String? {
        guard var address = UnixAddress(path: path) else { return "\(path) is too long for a socket" }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errnoText() }
        defer { close(descriptor) }
        vt_set_patience(descriptor, 10)
        guard address.withSockAddr({ connect(descriptor, $0, $1) }) == 0 else { return "\(path): \(errnoText())" }
        let message = Array(
            #"{"version":1,"origin":{"module":"vtenrichd"},"command":"reload-ruleset","parameters":{}}"#.utf8)
        let frame = withUnsafeBytes(of: UInt32(message.count).littleEndian) { Array($0) } + message
        guard Glibc.send(descriptor, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count else {
            return "\(path): \(errnoText())"
        }
        guard let head = read(4, from: descriptor) else { return "\(path) gives no answer" }
        let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= 1 << 20, let answer = read(count, from: descriptor) else {
            return "\(path) gives no whole answer"
        }
        return JSONValue(parsing: answer)?["error"] == .integer(0)
            ? nil : SafeText.line(String(decoding: answer, as: UTF8.self), limit: 200)
    }

    private static func read(_ count: Int, from descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + filled, count - filled, 0) }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}
