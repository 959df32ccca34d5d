import Glibc
import Yams

/// From a path to the YAML tree of the file, or to the one issue that stops it. What the tree means is left to the table of keys.
enum ConfigurationFile {
    static let maxBytes = 1 << 20
    /// Far more than anybody writes by hand; each alias may repeat all that came before it.
    static let maxAliases = 32

    /// Never blocks: a named pipe is refused, not opened for ever.
    static func read(path: String) throws(ConfigurationIssue) -> [UInt8] {
        func refusal(_ message: String) -> ConfigurationIssue {
            ConfigurationIssue(.error, file: path, message: message)
        }

        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let cause = errno
            let hint = cause == ENOENT ? "; --config names another file" : ""
            throw refusal("cannot open the configuration: \(String(cString: strerror(cause)))\(hint)")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw refusal("the configuration is not a regular file")
        }
        guard facts.st_size <= maxBytes else { throw refusal("the configuration is larger than 1 MiB") }
        var bytes = [UInt8](repeating: 0, count: maxBytes + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + filled, $0.count - filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw refusal("cannot read the configuration: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            filled += count
        }
        guard filled <= maxBytes else { throw refusal("the configuration is larger than 1 MiB") }
        return Array(bytes.prefix(filled))
    }

    /// nil for a file without content. Scalars keep their text: nothing is taken for a number or a truth value.
    static func compose(_ bytes: [UInt8], file: String) throws(ConfigurationIssue) -> Node? {
        let text = try decode(bytes, file: file)
        guard aliasCount(in: text) <= maxAliases else {
            throw ConfigurationIssue(.error, file: file, message: "more than \(maxAliases) aliases (*name)")
        }
        do {
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw SyntaxIssue(error, text: text).issue(file: file)
        }
    }

    private static func decode(_ bytes: [UInt8], file: String) throws(ConfigurationIssue) -> String {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(3) : bytes[...]
        if let text = String(validating: content, as: UTF8.self) { return text }
        let valid = validPrefix(of: content)
        let line = valid.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = valid.lastIndex(of: UInt8(ascii: "\n")).map { valid.index(after: $0) } ?? valid.startIndex
        let column = String(decoding: valid[lineStart...], as: UTF8.self).unicodeScalars.count + 1
        throw ConfigurationIssue(
            .error, file: file, line: line, column: column, message: "not valid UTF-8; save the file as UTF-8")
    }

    private static func validPrefix(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var end = bytes.startIndex
        while case .valid(let scalar) = decoder.parseScalar(from: &iterator) { end += scalar.count }
        return bytes[..<end]
    }

    /// Counts what may be an alias: `*name` where a value can begin. Comments and quoted text may add to it, never take away.
    private static func aliasCount(in text: String) -> Int {
        let opensValue = Set(" \t\r\n[{,:".utf8)
        var count = 0
        var previous = (UInt8(ascii: " "), UInt8(ascii: " "))
        for byte in text.utf8 {
            if previous.1 == UInt8(ascii: "*"), previous.0 > 0x7F || opensValue.contains(previous.0), isNameByte(byte) {
                count += 1
            }
            previous = (previous.1, byte)
        }
        return count
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
