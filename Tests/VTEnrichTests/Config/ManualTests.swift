import Foundation
import Testing
import VTEnrich

/// `vtenrichd.yaml.5` says what the code does: the same keys with the same defaults.
struct ConfigurationManualTests {
    /// The keys in the order of the manual, each with the default in parentheses.
    private func items() throws -> [(key: String, value: String)] {
        try ShippedFiles.text("man/vtenrichd.yaml.5").matches(of: /(?m)^\.It Ic ([a-z_.]+) Pq (?:Li )?(.+)$/)
            .map { (String($0.1), String($0.2)) }
    }

    @Test func `the manual describes every key once, and no other`() throws {
        #expect(try items().map(\.key).sorted() == ConfigurationReader.keys.sorted())
    }

    @Test func `the manual's defaults are the program's`() throws {
        for (key, value) in try items() {
            let names = key.split(separator: ".").map(String.init)
            let given = key == "ip_fields" ? "[\(try addressFields().joined(separator: ", "))]" : value
            let text = names.map { "{\($0): " }.joined() + given + String(repeating: "}", count: names.count)
            var expected = Configuration()
            expected.virusTotal.apiKeyFileIsSet = key == "virustotal.api_key_file"
            let loaded = try ConfigurationReader.parse(Array(text.utf8), file: "vtenrichd.yaml.5")
            #expect(loaded == LoadedConfiguration(expected), "\(key)")
        }
    }

    @Test func `the manual tells which keys only a restart changes`() throws {
        let parts = try ShippedFiles.text("man/vtenrichd.yaml.5").split(separator: "\n.It Ic ").dropFirst()
        let told = parts.filter { $0.contains("\nChanged only by a restart.") }.compactMap {
            $0.split(separator: " ").first
        }
        var changed = Configuration()
        changed.alerts.path = "/other"
        changed.stateDirectory = "/other"
        changed.controlSocket = "/other"
        changed.virusTotal.timeout = 20
        (changed.cluster.redis, changed.cluster.prefix, changed.cluster.nodes) = ("unix:///redis", "other", 2)
        (changed.cluster.passwordFile, changed.cluster.caFile) = ("/other", "/other")
        #expect(told.map(String.init).sorted() == changed.needsRestart(comparedTo: Configuration()).sorted())
    }

    /// Every key of the shipped file has a comment: above it, or above the keys it stands among.
    @Test func `every key of the shipped configuration has its comment`() throws {
        var isCommented = false
        for line in try ShippedFiles.text("config/vtenrichd.yaml").split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            let text = line.drop { $0 == " " }
            if text.isEmpty { isCommented = false }
            if text.hasPrefix("#") { isCommented = true }
            let isSection = text.hasSuffix(":")
            if !text.isEmpty && !text.hasPrefix("-") && !isSection { #expect(isCommented, "\(line)") }
        }
    }

    /// The list below `ip_fields`, which is too long for parentheses.
    private func addressFields() throws -> [Substring] {
        let text = try ShippedFiles.text("man/vtenrichd.yaml.5")
        let item = try #require(text.range(of: ".It Ic ip_fields "))
        let lines = text[item.upperBound...].split(separator: "\n").drop { !$0.hasPrefix(".Bd -literal") }.dropFirst()
        return Array(lines.prefix { $0 != ".Ed" })
    }
}
