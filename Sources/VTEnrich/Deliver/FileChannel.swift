import Foundation
import Glibc
import VTEnrichCore

/// `type: file`: one event a line, rotated by size: `path` becomes `path.1`, that `path.2` and so on. Where logrotate does it
/// instead (rotate_size: 0), the path is opened again as soon as it names another file. Blocks on the disk.
///
/// Unchecked: it is one deliverer's alone, which calls it once at a time.
final class FileChannel: OutputChannel, @unchecked Sendable {
    private let path: String
    private let rotateSize: Int
    private let keep: Int
    private var file: EventFile

    let batch = 1

    init(path: String, rotateSize: Int, keep: Int) {
        (self.path, self.rotateSize, self.keep) = (path, rotateSize, keep)
        file = EventFile(path: path)
    }

    nonisolated(nonsending) func send(_ bodies: [[UInt8]]) async -> OutputOutcome {
        for body in bodies {
            if let problem = rotateIfFull(adding: body.count + 1) { return .retry(problem, after: nil) }
            switch file.append(Data(body)) {
            case .delivered: continue
            case .unavailable(let problem), .impossible(let problem): return .retry(problem, after: nil)
            case .full: return .retry("\(path) takes nothing", after: nil)
            }
        }
        return .delivered("written to \(path)")
    }

    private func rotateIfFull(adding bytes: Int) -> String? {
        var facts = stat()
        guard rotateSize > 0, stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
            facts.st_size > 0, Int(facts.st_size) + bytes > rotateSize
        else { return nil }
        for number in stride(from: keep - 1, to: 0, by: -1) {
            // Most of them are not there yet.
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        guard rename(path, "\(path).1") == 0 else { return "cannot rotate \(path): \(errnoText())" }
        return nil
    }
}
