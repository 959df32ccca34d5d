import ArgumentParser
import Foundation
import Glibc
import VTEnrich

/// `vtenrichd import`: from integratord's configuration to ours.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Print YAML filters for the <integration> blocks of an ossec.conf.",
        discussion: """
            One entry for each block, with a comment wherever integratord read the block otherwise than it looks. The API key \
            is not printed. Exits with 1 when the file cannot be read or has no block.
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: ArgumentHelp("The manager's ossec.conf.", valueName: "ossec.conf")) var file: String

    private static let maxBytes = 16 << 20

    func run() async throws {
        let imported = FilterImport(try bytes(), file: file)
        for warning in imported.warnings { writeError(warning) }
        guard imported.blocks > 0 else {
            writeError("\(file): no <integration> block below <ossec_config>")
            throw ExitCode(1)
        }
        print(imported.yaml, terminator: "")
    }

    private func bytes() throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            writeError("cannot read \(file): \(String(cString: strerror(errno)))")
            throw ExitCode(1)
        }
        var facts = stat()
        if fstat(handle.fileDescriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
            writeError("\(file) is a folder: name the manager's ossec.conf in it")
            throw ExitCode(1)
        }
        let data: Data?
        do {
            data = try handle.read(upToCount: Self.maxBytes + 1)
        } catch {
            writeError("cannot read \(file): \(error.localizedDescription)")
            throw ExitCode(1)
        }
        guard let data, data.count <= Self.maxBytes else {
            writeError("\(file) is \(data == nil ? "empty" : "larger than 16 MiB"): no ossec.conf")
            throw ExitCode(1)
        }
        return Array(data)
    }
}
