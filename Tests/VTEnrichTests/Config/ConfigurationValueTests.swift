import Testing
import VTEnrich
import VTEnrichCore

/// What a file that is right means.
struct ConfigurationValueTests {
    private func read(_ text: String) throws -> Configuration {
        try ConfigurationReader.parse(Array(text.utf8), file: "c.yaml").configuration
    }

    @Test(arguments: [
        "", "\n", "# only a comment\n", "---\n", "--- {}\n...\n", "\u{FEFF}# with a byte order mark\n", "null", "~",
        "alerts:\nfilters:\nexclude: null\nallowlist: ~\nvirustotal: {quota: }\noutput: {analysisd: }\n",
        "log: {}\r\nqueue: {}\r\n",
    ])
    func `what a file does not say has its default`(text: String) throws {
        #expect(try read(text) == Configuration())
    }

    @Test func `values of YAML 1.1 are taken by their text`() throws {
        let configuration = try read(
            """
            virustotal: {pivot: off, quota: {per_minute: "010", per_day: 0700, reserve: '15'}}
            output: {analysisd: {confirm: ON, max_per_second: 0}}
            filters:
              - group: [yes, 5710, "null", ' padded ', 1.50, 2026-11-21]
                rule_id: 5710
              - rule_id: ["5712", 100200-100299, 1 - 3]
            verdict: {risk_tags: off, reputation_bad_below: -5, score_malicious_min: 2}
            """)
        #expect(configuration.virusTotal.pivot == .off)
        #expect(configuration.virusTotal.quota == QuotaLimits(perMinute: 10, perDay: 700, reserve: .count(15)))
        #expect(configuration.analysisd?.confirm == .on)
        #expect(configuration.analysisd?.maxPerSecond == 0)
        #expect(
            configuration.selection.filters == [
                AlertFilter(groups: ["yes", "5710", "null", "padded", "1.50", "2026-11-21"], ruleIDs: [5710...5710]),
                AlertFilter(ruleIDs: [5712...5712, 100_200...100_299, 1...3]),
            ])
        #expect(configuration.verdict.riskTags == ["off"])
        #expect(configuration.verdict.reputationBadBelow == -5)
        #expect(configuration.verdict.scoreMaliciousMin == 2)
    }

    @Test(arguments: [("15s", 15.0), ("10m", 600), ("24h", 86_400), ("7d", 604_800), ("'90s'", 90)])
    func `durations are read in seconds`(text: String, seconds: Double) throws {
        #expect(try read("cache: {max_stale: \(text)}").cache.maxStale == seconds)
    }

    @Test(arguments: [("64KiB", 65_536), ("4MiB", 4_194_304), ("2000000", 2_000_000)])
    func `sizes are read in bytes`(text: String, bytes: Int) throws {
        #expect(try read("alerts: {max_line_bytes: \(text)}").alerts.maxLineBytes == bytes)
    }

    @Test func `one value stands for a list of one, and a list replaces its default`() throws {
        let configuration = try read(
            """
            filters: {group: sshd, location: "^/var/log/auth|!x"}
            ip_fields: data.attacker
            allowlist: 8.8.8.0/24
            verdict: {risk_tags: []}
            """)
        let filter = AlertFilter(groups: ["sshd"], location: LocationPattern("^/var/log/auth|!x"))
        #expect(configuration.selection.filters == [filter])
        #expect(configuration.selection.addressFields == ["data.attacker"])
        #expect(configuration.selection.allowlist == [try #require(AddressRange("8.8.8.0/24"))])
        #expect(configuration.verdict.riskTags.isEmpty)
    }

    @Test func `analysisd is switched off by null, not by an empty section`() throws {
        let off = try read("output: {analysisd: null, file: /var/lib/vtenrichd/events.json}")
        #expect(off.analysisd == nil)
        #expect(off.outputFile == "/var/lib/vtenrichd/events.json")
        #expect(try read("output:\n  analysisd:\n  file: ~").analysisd == Configuration.Analysisd())
    }

    @Test func `our own events are known by the location they are sent with`() throws {
        let configuration = try read("output: {analysisd: {location: vt}}")
        #expect(configuration.selection.ownLocation == "vt")
        #expect(configuration.analysisd?.location == "vt")
    }

    @Test(arguments: [
        "https://www.virustotal.com", "http://127.0.0.1:8080", "http://127.9.9.9", "http://localhost:1",
        "http://[::1]:8080",
    ])
    func `a URL is taken without its trailing slash`(url: String) throws {
        #expect(try read("virustotal: {url: \"\(url)/\"}").virusTotal.url == url)
    }

    @Test func `an anchor gives its value again`() throws {
        let configuration = try read("cache: {ttl: {malicious: &day 24h, unknown: *day}, max_stale: *day}")
        #expect(configuration.cache.maxStale == 86_400)
    }

    @Test func `a key file counts as given only where the file gives it`() throws {
        #expect(try !read("").virusTotal.apiKeyFileIsSet)
        #expect(try !read("virustotal: {api_key_file: null}").virusTotal.apiKeyFileIsSet)
        let given = try read("virustotal: {api_key_file: /etc/vtenrichd/virustotal.key}").virusTotal
        #expect(given.apiKeyFileIsSet)
        #expect(given.apiKeyFile == "/etc/vtenrichd/virustotal.key")
    }

    @Test(arguments: [
        ("state_dir: /srv/state", ["state_dir"]),
        ("control_socket: /srv/c.sock\nalerts: {path: /srv/a.json}", ["alerts.path", "control_socket"]),
        (
            "alerts: {start: beginning}\nvirustotal: {quota: {per_day: 1}}\nfilters: [{level: 3}]\nlog: {level: debug}",
            []
        ),
    ])
    func `T47 what a reload cannot change is named`(text: String, keys: [String]) throws {
        #expect(try read(text).needsRestart(comparedTo: Configuration()) == keys)
    }
}
