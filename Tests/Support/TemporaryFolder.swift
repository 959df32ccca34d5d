import Foundation
import Glibc

/// A folder for one test, gone with it. Its path is short, since a socket's path may have 107 bytes only.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/vt-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp /tmp/vt-XXXXXX") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path below the folder.
    package subscript(name: String) -> String { "\(path)/\(name)" }

    /// Writes a file with exactly this mode, its folders included.
    @discardableResult
    package func write(_ name: String, _ text: String, mode: Int = 0o640) throws -> String {
        let file = self[name]
        try makeFolder(of: file)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    package func makeFolder(of file: String) throws {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    package func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: self[name])), as: UTF8.self)
    }
}
