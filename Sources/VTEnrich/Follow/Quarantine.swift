import Foundation

/// Samples of lines that could not be read, for the administrator: `quarantine.ndjson` in the state directory, 0600,
/// one JSON object a line, at most twice `fileLimit` together with its predecessor. Losing a sample loses no count.
final class Quarantine {
    static let fileLimit = 512 * 1024
    static let sampleLimit = 2048
    /// Bytes a second, so that a flood of garbage does not become a flood of writes.
    static let rateLimit = 64 * 1024

    private let path: String?
    private var allowance = rateLimit
    private var allowanceFrom = -Double.infinity

    /// nil keeps nothing.
    init(directory: String?) {
        path = directory.map { $0 + "/quarantine.ndjson" }
    }

    private struct Sample: Encodable {
        var time: String
        var file: String
        var offset: UInt64
        var length: Int
        var reason: String
        /// The first bytes; what is not UTF-8 is replaced.
        var sample: String
    }

    /// `offset` is where the line's piece of the file begins. Throws what the administrator should know.
    func keep(
        _ bytes: UnsafeRawBufferPointer, reason: String, file: String, offset: UInt64, clock: Clock
    ) throws(FileError) {
        guard let path else { return }
        let now = clock.boot()
        if now - allowanceFrom >= 1 {
            allowance = Self.rateLimit
            allowanceFrom = now
        }
        guard allowance > 0 else { return }
        let sample = Sample(
            time: Date(timeIntervalSince1970: clock.wall()).ISO8601Format(), file: file, offset: offset,
            length: bytes.count, reason: reason, sample: String(decoding: bytes.prefix(Self.sampleLimit), as: UTF8.self)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        guard var line = try? encoder.encode(sample) else { return }
        line.append(10)
        allowance -= line.count
        try append(line, to: path)
    }

    private func append(_ line: Data, to path: String) throws(FileError) {
        if let facts = try? FileFacts.of(path: path), facts.size + UInt64(line.count) > Self.fileLimit {
            rename(path, path + ".1")
        }
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError("write", path, errno) }
        defer { close(descriptor) }
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else { throw FileError("write", path, errno) }
    }
}
