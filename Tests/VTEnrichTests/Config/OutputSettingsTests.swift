import Foundation
import Testing
import VTEnrichCore

@testable import VTEnrich

struct OutputSettingsTests {
    private func parse(_ text: String) throws(ConfigurationErrors) -> [OutputSettings] {
        try ConfigurationReader.parse(Array("outputs: \(text)".utf8), file: "c.yaml").configuration.outputs
    }

    private static let theHive = "{type: thehive, url: \"https://t.example.org\", api_key_file: /k}"

    @Test func `entries have the defaults of their type`() throws {
        let outputs = try parse("[\(Self.theHive), {type: file, path: /f}, {type: cdb, path: /c}]")
        var expected = OutputSettings(.thehive)
        (expected.url, expected.apiKeyFile) = ("https://t.example.org", "/k")
        #expect(outputs[0] == expected && outputs[0].onceADay && outputs[0].filter.minVerdict == .suspicious)
        #expect(outputs[1].filter.minVerdict == .any && !outputs[1].onceADay)
        #expect(outputs[2].filter.minVerdict == .malicious && outputs[2].filter.onlyBlocked)
    }

    @Test(arguments: [
        ("[{type: thehive}]", "needs url"), ("[{name: x}]", "expected an entry with a type"),
        ("[{type: pager}]", "expected one of thehive"), ("[{type: webhook, format: slack}]", "needs url_file"),
        ("[{type: webhook, url_file: /u, format: template}]", "needs template"), ("[{type: file}]", "needs path"),
        ("[{type: email, server: m, from: a@b.c}]", "needs to"), ("[{type: file, path: /f, tlp: 1}]", "unknown key"),
        ("[{type: email, server: m, from: \"a@b.c\\r\\nBcc: x\", to: x@y.z}]", "expected a mail address"),
        ("[\(theHive), \(theHive)]", "two outputs are called 'thehive'"),
        ("[{type: thehive, url: \"http://t.example.org\", api_key_file: /k}]", "allow_http"),
        ("[{type: file, name: analysisd, path: /f}]", "name of output.analysisd"),
        ("[{type: file, path: /f}, {type: file, name: b, path: /f}]", "file of another output"),
        ("[{type: file, name: \"a/b\", path: /f}]", "expected a name"),
    ])
    func `what is missing or does not go together is said`(text: String, message: String) {
        #expect { _ = try parse(text) } throws: { "\($0)".contains(message) }
    }

    @Test func `what check prints reads back`() throws {
        let text = """
            [\(Self.theHive), {type: webhook, name: s, format: slack, url_file: /u, min_severity: 3, filters: [{group: x}]},
            {type: email, server: m.example.org, from: a@b.c, to: [d@e.f], digest: 10m, user: u, password_file: /p},
            {type: file, path: /f, rotate_size: 0, keep: 9}, {type: cdb, path: /c, reload_socket: /s, only_blocked: no}]
            """
        let loaded = try ConfigurationReader.parse(Array("outputs: \(text)".utf8), file: "c.yaml").configuration
        let printed = try loaded.yaml()
        #expect(
            try ConfigurationReader.parse(Array(printed.utf8), file: "p.yaml").configuration == loaded, "\(printed)")
    }

    // MARK: Both manuals

    /// Every key with its default, of all types; the first type that has it tells the default.
    private static var keys: [String: String] {
        var keys: [String: String] = [:]
        for kind in OutputSettings.Kind.allCases {
            for (key, value) in OutputKeys.defaults(of: kind) where keys[key] == nil { keys[key] = value }
        }
        return keys
    }

    @Test(arguments: ["config/vtenrichd.yaml", "man/vtenrichd.yaml.5"])
    func `both manuals have every key of an output with its default`(file: String) throws {
        let text = try ShippedFiles.text(file)
        let items =
            file.hasPrefix("man")
            ? text.matches(of: /(?m)^\.It Cm ([a-z_]+) Pq Li (.+)$/).map { (String($0.1), String($0.2)) }
            : text.matches(of: /(?m)^#   ([a-z_]+): (.+?)(?:  .*)?$/).map { (String($0.1), String($0.2)) }
        #expect(items.map(\.0).sorted() == Self.keys.keys.sorted())
        for (key, value) in items { #expect(Self.keys[key] == value, "\(key)") }
    }
}
