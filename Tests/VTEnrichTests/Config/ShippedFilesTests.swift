import Foundation
import Testing
import VTEnrich
import VTEnrichCore

/// Files of the repository that are installed as they are.
enum ShippedFiles {
    static func path(_ name: String, from file: String = #filePath) -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("../../../\(name)").standardized
            .path
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }
}

struct ShippedConfigurationTests {
    @Test func `the shipped configuration holds exactly the defaults`() throws {
        let loaded = try ConfigurationReader.load(path: ShippedFiles.path("config/vtenrichd.yaml"))
        #expect(loaded == LoadedConfiguration(Configuration()))
    }

    @Test func `every key stands in the shipped configuration once, and no other`() throws {
        var keys: [String] = []
        var sections: [(indent: Int, name: String)] = []
        for line in try ShippedFiles.text("config/vtenrichd.yaml").split(separator: "\n") {
            // The key file is described, but not set: setting it would rule out the credential.
            let line = line.replacing("# api_key_file:", with: "api_key_file:")
            guard let match = line.wholeMatch(of: /( *)([a-z_]+):(.*)/) else { continue }
            let indent = match.1.count
            sections.removeAll { $0.indent >= indent }
            sections.append((indent, String(match.2)))
            let key = sections.map(\.name).joined(separator: ".")
            if !match.3.isEmpty || key == "ip_fields" { keys.append(key) }
        }
        #expect(keys.sorted() == ConfigurationReader.keys.sorted())
    }

    @Test(arguments: [
        "",
        """
        alerts: {path: "/srv/with space/ü.json", start: beginning, max_line_bytes: 1025, max_catchup_age: 36h}
        filters: [{group: [sshd, "null", "off"], rule_id: [5710, 1-9], level: 0}, {location: "!^a: b|#c'd\\"e"}]
        exclude: [{group: "- x"}, {group: "# y"}, {group: "*z"}]
        ip_fields: ["data.a", "data.ms-graph.x", "data.%x"]
        allowlist: [1.1.1.1, 8.8.8.0/24, "2001:db8::/32"]
        virustotal: {url: "http://[::1]:8080", api_key_file: /k, user: "123", proxy: "socks5h://[::1]:1080", ca_file: /ca,
          quota: {per_minute: 0, reserve: 2.5%, reserve_level: 0}, timeout: 61s, pivot: off}
        cache: {ttl: {malicious: 1s, suspicious: 90m, unknown: 25h, not_found: 14d, invalid: 1d}, max_stale: 0s}
        verdict: {reputation_bad_below: -10, score_malicious_min: 0.25, stale_days: 0.5, risk_tags: ["yes", "", x y]}
        output: {analysisd: {confirm: on}, file: "/e: f"}
        """.replacing("\"\", ", with: ""),
        "output: {analysisd: null, file: /e}\nverdict: {risk_tags: []}\nvirustotal: {quota: {reserve: 7}}",
    ])
    func `what check prints reads back to the same configuration`(text: String) throws {
        let configuration = try ConfigurationReader.parse(Array(text.utf8), file: "c.yaml").configuration
        let printed = try configuration.yaml()
        let again = try ConfigurationReader.parse(Array(printed.utf8), file: "printed.yaml").configuration
        #expect(again == configuration, "\(printed)")
    }

    @Test func `a proxy's password is not printed`() throws {
        let text = "virustotal: {proxy: \"http://user:geheim@proxy.example.org:3128\"}"
        let configuration = try ConfigurationReader.parse(Array(text.utf8), file: "c.yaml").configuration
        #expect(configuration.virusTotal.proxy == "http://user:geheim@proxy.example.org:3128")
        let printed = try configuration.yaml()
        #expect(printed.contains("proxy: \"http://***@proxy.example.org:3128\""))
        #expect(!printed.contains("geheim"))
    }
}

/// The shape that a real Wazuh 4.14.7 was seen to match; a typing error in it would only show on a manager.
struct ShippedRulesTests {
    private static let expectedRules: [(Int, Int, String, String, String)] = [
        (199_900, 3, "87100", "integration", "^virustotal_ip$"),
        (199_901, 12, "199900", "virustotal_ip.verdict", "^malicious$"),
        (199_902, 7, "199900", "virustotal_ip.verdict", "^suspicious$"),
        (199_903, 3, "199900", "virustotal_ip.verdict", "^unknown$"),
        (199_904, 4, "199900", "virustotal_ip.verdict", "^unenriched$"),
        (199_905, 13, "199901", "virustotal_ip.block", "^yes$"),
        (199_906, 4, "199900", "virustotal_ip.verdict", "^notice$"),
    ]

    @Test(arguments: expectedRules)
    func `each rule has its level, parent and field`(id: Int, level: Int, parent: String, field: String, value: String)
        throws
    {
        let rule = try #require(try rules()[id])
        #expect(rule.hasPrefix("\" level=\"\(level)\">"))
        #expect(rule.contains("<if_sid>\(parent)</if_sid>"))
        #expect(rule.contains("<field name=\"\(field)\">\(value)</field>"))
        #expect(rule.contains("<options>no_full_log</options>"))
    }

    @Test func `the base rule asks for our location, so that no log line can forge an event`() throws {
        #expect(try rules()[199_900]?.contains("<location type=\"pcre2\">(^|->)virustotal_ip$</location>") == true)
    }

    @Test func `the rules file is well-formed and holds nothing else`() throws {
        #expect(try rules().keys.sorted() == Array(199_900...199_906))
        let text = try ShippedFiles.text("rules/vtenrich_rules.xml")
        #expect(text.contains("<group name=\"virustotal,vt_ip,\">"))
        #expect(XMLShape.problem(in: text) == nil)
    }

    private func rules() throws -> [Int: String] {
        let parts = try ShippedFiles.text("rules/vtenrich_rules.xml").split(separator: "<rule id=\"").dropFirst()
        return Dictionary(
            uniqueKeysWithValues: parts.map { (Int($0.prefix(6)) ?? 0, String($0.dropFirst(6).prefix { $0 != "#" })) })
    }
}

/// Just enough of XML for a rules file: tags that close in order, comments, no stray `<` or `&`.
private enum XMLShape {
    static func problem(in text: String) -> String? {
        let plain = text.replacing(/<!--(?:(?!--)[\s\S])*-->/, with: "")
        if plain.contains("<!") || plain.contains("--") { return "a comment does not end" }
        var open: [Substring] = []
        var rest = plain[...]
        while let start = rest.firstIndex(of: "<") {
            guard let tag = rest[start...].prefixMatch(of: /<(\/?)([a-z_]+)((?: [a-z]+="[^"<&]*")*)>/) else {
                return "no tag: \(rest[start...].prefix(40))"
            }
            if tag.1.isEmpty {
                open.append(tag.2)
            } else if open.popLast() != tag.2 {
                return "</\(tag.2)> closes nothing"
            }
            rest = rest[tag.range.upperBound...]
        }
        if plain.contains("&") { return "an & that is no entity" }
        return open.isEmpty ? nil : "<\(open.joined(separator: "> <"))> is not closed"
    }
}
