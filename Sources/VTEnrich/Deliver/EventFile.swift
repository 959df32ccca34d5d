import Foundation
import Glibc

/// `output.file`: one JSON event a line, each appended in one `write`; reopened when the path names another file, so that
/// logrotate may move it away. Confined to the deliverer's queue.
final class EventFile {
    private let path: String
    private var descriptor: Int32 = -1

    init(path: String) {
        self.path = path
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ event: Data) -> Sent {
        if let problem = openIfMoved() { return .unavailable(problem) }
        var line = event
        line.append(UInt8(ascii: "\n"))
        let before = lseek(descriptor, 0, SEEK_END)
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written == line.count { return .delivered }
        let cause = written < 0 ? errnoText() : "only \(written) of \(line.count) bytes were taken"
        if written > 0 { ftruncate(descriptor, before) }
        return .unavailable("cannot write to \(path): \(cause) (events wait in the outbox)")
    }

    private func openIfMoved() -> String? {
        var (named, held) = (stat(), stat())
        if descriptor >= 0, stat(path, &named) == 0, fstat(descriptor, &held) == 0, named.st_ino == held.st_ino,
            named.st_dev == held.st_dev
        {
            return nil
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        return descriptor >= 0 ? nil : "cannot open \(path): \(errnoText()) (check output.file)"
    }
}
