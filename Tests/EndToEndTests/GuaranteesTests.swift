import Foundation
import Testing

/// `docs/GUARANTEES.md` names the test behind each promise.
struct GuaranteesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `every test that the guarantees name exists`() throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent("docs/GUARANTEES.md"), encoding: .utf8)
        let named = text.split(separator: "\n").compactMap { line in
            line.hasPrefix("- `") && line.hasSuffix("`") ? line.dropFirst(3).dropLast() : nil
        }
        let tests = try Self.tests()
        #expect(named.count > 50)
        #expect(named.filter { !tests.contains("func `\($0)`(") } == [])
    }

    private static func tests() throws -> String {
        let files = FileManager.default.enumerator(atPath: root.appendingPathComponent("Tests").path)
        let paths = files?.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") } ?? []
        return try paths.map { try String(contentsOf: root.appendingPathComponent("Tests/\($0)"), encoding: .utf8) }
            .joined()
    }
}
