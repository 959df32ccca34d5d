import Foundation
import Glibc
import Support
import Testing
import VTEnrich

/// Files as they should not be: none of them may crash, hang or exhaust the reader.
struct ConfigurationFileTests {
    private func refusal(_ bytes: [UInt8]) -> String? {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationReader.parse(bytes, file: "c.yaml")
            return nil
        } catch {
            return error.description
        }
    }

    private func loadRefusal(_ path: String) -> String? {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationReader.load(path: path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `T45 a file that is missing, no file or too large is refused by name`() throws {
        let folder = try TemporaryFolder()
        let missing = folder["missing.yaml"]
        #expect(
            loadRefusal(missing)
                == "\(missing): cannot open the configuration: No such file or directory; --config names another file")
        #expect(loadRefusal(folder.path) == "\(folder.path): the configuration is not a regular file")
        let pipe = folder["pipe"]
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(loadRefusal(pipe) == "\(pipe): the configuration is not a regular file")
        let large = try folder.write("large.yaml", String(repeating: "#\n", count: 524_289))
        #expect(loadRefusal(large) == "\(large): the configuration is larger than 1 MiB")
        let fits = try folder.write("fits.yaml", String(repeating: "#\n", count: 524_288))
        #expect(loadRefusal(fits) == nil)
    }

    private static let notUTF8: [([UInt8], String)] = [
        (Array("log: {}\n# gr".utf8) + [0xFC] + Array("n\n".utf8), "c.yaml:2:5"),
        ([0xFF, 0xFE, 0x6C, 0x00], "c.yaml:1:1"),
        (Array("é".utf8) + [0xC3], "c.yaml:1:2"),
        ([0xEF, 0xBB, 0xBF, 0xED, 0xA0, 0x80], "c.yaml:1:1"),
    ]

    @Test(arguments: notUTF8)
    func `what is not UTF-8 is refused at its place`(bytes: [UInt8], place: String) {
        #expect(refusal(bytes) == "\(place): not valid UTF-8; save the file as UTF-8")
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "[[], "])
    func `nesting without end is refused`(piece: String) {
        let text = String(repeating: piece, count: 1_048_576 / piece.utf8.count)
        #expect(refusal(Array(text.utf8)) != nil)
    }

    @Test func `aliases cannot multiply without end`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        #expect(refusal(Array(text.utf8)) == "c.yaml: more than 32 aliases (*name)")
    }

    @Test func `the aliases that are allowed cost little, as keys too`() {
        var text = "a0: &a0 [x, x, x]\n"
        for level in 1...9 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 3).joined(separator: ", "))]\n"
        }
        text += "? *a9\n: 1\n"
        #expect(refusal(Array(text.utf8))?.contains("a key must be text, found a list") == true)
    }

    @Test func `a list of many errors is cut`() {
        let text = (0..<10_000).map { "k\($0): 1\n" }.joined()
        #expect(refusal(Array(text.utf8))?.split(separator: "\n").count == 100)
    }

    @Test func `a key full of control characters is shown escaped`() {
        let found = refusal(Array("\"\\e[31mred\\u202e\": 1".utf8)) ?? ""
        #expect(found.hasPrefix("c.yaml:1:1: \\u{1b}[31mred\\u{202e}: unknown key"))
    }
}
