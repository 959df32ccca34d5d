import Testing
import VTEnrich

/// What the administrator reads about a file that is wrong: place, key and sentence.
struct ConfigurationErrorTests {
    private func issues(_ text: String) -> [String] {
        do throws(ConfigurationErrors) {
            return try ConfigurationReader.parse(Array(text.utf8), file: "c.yaml").warnings.map(\.description)
        } catch {
            return error.issues.map(\.description)
        }
    }

    private static let unknownKeys: [(String, String)] = [
        (
            "qouta: 1",
            "c.yaml:1:1: qouta: unknown key; known here: abuseipdb, alerts, allowlist, block, cache, cluster, "
                + "control_socket, "
                + "exclude, filters, ip_fields, log, output, outputs, queue, severity, state_dir, verdict, virustotal"
        ),
        ("virustotal:\n  qouta: {per_minute: 4}", "c.yaml:2:3: virustotal.qouta: unknown key, did you mean 'quota'?"),
        ("alert: {path: /a}", "c.yaml:1:1: alert: unknown key, did you mean 'alerts'?"),
        ("per_minute: 4", "c.yaml:1:1: per_minute: unknown key, 'per_minute' stands below virustotal.quota"),
        ("cache.max_stale: 1d", "c.yaml:1:1: cache.max_stale: unknown key; keys are nested, not joined by dots"),
        ("filters:\n- group: a\n  gruop: b", "c.yaml:3:3: filters.gruop: unknown key, did you mean 'group'?"),
        (
            "filters: [{rule: 5710}]",
            "c.yaml:1:12: filters.rule: unknown key; known here: group, level, location, rule_id"
        ),
        (
            "<<: {a: b}",
            "c.yaml:1:1: <<: unknown key; known here: abuseipdb, alerts, allowlist, block, cache, cluster, "
                + "control_socket, "
                + "exclude, filters, ip_fields, log, output, outputs, queue, severity, state_dir, verdict, virustotal"
        ),
        ("? [a]\n: b", "c.yaml:1:3: a key must be text, found a list"),
    ]

    @Test(arguments: unknownKeys)
    func `an unknown key is an error with its place and a hint`(text: String, expected: String) {
        #expect(issues(text) == [expected])
    }

    private static let brokenYAML: [(String, String)] = [
        (
            "alerts:\n  path: /a\n  # note\n  start: end\n  path: /b",
            "c.yaml:5:3: 'path' is given twice, first in line 2"
        ),
        ("log: {level: info, level: debug}", "c.yaml:1:7: 'level' is given twice"),
        ("log: {}\nalerts: {}\nlog: {}", "c.yaml:3:1: 'log' is given twice, first in line 1"),
        (
            "alerts:\n\tpath: /a",
            "c.yaml:2:1: not YAML: found character that cannot start any token (while scanning for the next "
                + "token, line 2); YAML indents with spaces, not tabs"
        ),
        ("alerts: [", "c.yaml:2:1: not YAML: did not find expected node content (while parsing a flow node, line 2)"),
        (
            "log: \"\\q\"",
            "c.yaml:1:7: not YAML: found unknown escape character (while parsing a quoted scalar, line 1)"
        ),
        (
            "log: {}\n---\nlog: {}",
            "c.yaml:2:1: not YAML: but found another document (expected a single document in the "
                + "stream, line 1)"
        ),
        ("log: *nothing", "c.yaml:1:6: not YAML: found undefined alias"),
        ("log: {}\nq: \u{0}", "c.yaml:2:4: not YAML: control characters are not allowed"),
    ]

    @Test(arguments: brokenYAML)
    func `broken YAML is reported with line and column`(text: String, expected: String) {
        #expect(issues(text) == [expected])
    }

    private static let wrongValues: [(String, String)] = [
        ("- a", "c.yaml:1:1: expected keys at the top of the file, found a list"),
        ("word", "c.yaml:1:1: expected keys at the top of the file, found 'word'"),
        (
            "cluster: {redis: \"redis://:secret@host\"}",
            "c.yaml:1:18: cluster.redis: the password belongs into the file of cluster.password_file"
        ),
        (
            "cluster: {redis: host:6379}",
            "c.yaml:1:18: cluster.redis: expected redis://HOST:PORT, rediss://HOST:PORT (with TLS) or unix:///PATH"
        ),
        ("log: info", "c.yaml:1:6: log: expected keys, found 'info'"),
        (
            "log: {level: [info]}",
            "c.yaml:1:14: log.level: expected one of debug, info, notice, warning, error, found a list"
        ),
        (
            "log: {level: verbose}",
            "c.yaml:1:14: log.level: expected one of debug, info, notice, warning, error, found 'verbose'"
        ),
        ("virustotal: {pivot: yes}", "c.yaml:1:21: virustotal.pivot: expected one of off, auto, always, found 'yes'"),
        (
            "virustotal: {timeout: 15}",
            "c.yaml:1:23: virustotal.timeout: expected a duration such as 15s, 10m, 24h or 7d, found '15'"
        ),
        ("virustotal: {timeout: 10m}", "c.yaml:1:23: virustotal.timeout: must be 1s to 5m, is 10m"),
        ("virustotal: {timeout: }", "c.yaml:1:23: virustotal.timeout: has no value; leave the key out for its default"),
        (
            "virustotal: {timeout: null}",
            "c.yaml:1:23: virustotal.timeout: has no value; leave the key out for its default"
        ),
        (
            "virustotal: {quota: {per_day: 1e3}}",
            "c.yaml:1:31: virustotal.quota.per_day: expected a whole number, found '1e3'"
        ),
        (
            "virustotal: {quota: {per_day: 0x10}}",
            "c.yaml:1:31: virustotal.quota.per_day: expected a whole number, found '0x10'"
        ),
        ("virustotal: {quota: {per_day: -1}}", "c.yaml:1:31: virustotal.quota.per_day: must be 0 to 100000000, is -1"),
        (
            "virustotal: {quota: {per_day: 99999999999999999999}}",
            "c.yaml:1:31: virustotal.quota.per_day: is too large a number"
        ),
        ("virustotal: {quota: {reserve: 101%}}", "c.yaml:1:31: virustotal.quota.reserve: must be 0% to 100%, is 101%"),
        (
            "virustotal: {quota: {reserve: half}}",
            "c.yaml:1:31: virustotal.quota.reserve: expected a share such as 10% or a count, "
                + "found 'half'"
        ),
        (
            "alerts: {max_line_bytes: 4MB}",
            "c.yaml:1:26: alerts.max_line_bytes: expected a size such as 64KiB or 4MiB, found '4MB'"
        ),
        ("alerts: {max_line_bytes: 1GiB}", "c.yaml:1:26: alerts.max_line_bytes: must be 1KiB to 64MiB, is 1GiB"),
        ("alerts: {path: alerts.json}", "c.yaml:1:16: alerts.path: expected an absolute path, found 'alerts.json'"),
        ("alerts: {path: \"/a\\u0000b\"}", "c.yaml:1:16: alerts.path: expected an absolute path, found '/a\\u{0}b'"),
        ("verdict: {stale_days: .inf}", "c.yaml:1:23: verdict.stale_days: expected a number, found '.inf'"),
        ("verdict: {risk_tags: {a: b}}", "c.yaml:1:22: verdict.risk_tags: expected a tag such as tor, found keys"),
        (
            "allowlist: [1.1.1.1, 8.8.8.8/24]",
            "c.yaml:1:22: allowlist: expected an address or a network such as 8.8.8.0/24, no bit "
                + "set behind its length, found '8.8.8.8/24'"
        ),
        ("ip_fields: []", "c.yaml:1:12: ip_fields: is an empty list; leave the key out for its default"),
        (
            "ip_fields: data srcip",
            "c.yaml:1:12: ip_fields: expected the path of a field such as data.srcip, found 'data srcip'"
        ),
        ("filters: sshd", "c.yaml:1:10: filters: expected an entry such as group: sshd, found 'sshd'"),
        ("filters: [{}]", "c.yaml:1:11: filters: is an entry without keys, which would take every alert"),
        ("filters: [{group: }]", "c.yaml:1:19: filters.group: is an empty list; leave the key out for its default"),
        (
            "filters: [{group: \"sshd,web\"}]",
            "c.yaml:1:19: filters.group: a group holds no comma; write a list: [sshd, web]"
        ),
        ("filters: [{level: 17}]", "c.yaml:1:19: filters.level: must be 0 to 16, is 17"),
        ("filters: [{rule_id: 5712-5710}]", "c.yaml:1:21: filters.rule_id: the range 5712-5710 runs backwards"),
        (
            "filters: [{rule_id: \"5710, 5712\"}]",
            "c.yaml:1:21: filters.rule_id: several rule ids are a list: [5710, 100200-100299]"
        ),
        (
            "exclude: [{rule_id: 5710x}]",
            "c.yaml:1:21: exclude.rule_id: expected a rule id such as 5710 or a range such as "
                + "100200-100299, found '5710x'"
        ),
        (
            "output: {analysisd: {location: \"a:b\"}}",
            "c.yaml:1:32: output.analysisd.location: expected a name of letters, digits, "
                + "'_', '-' and '.', found 'a:b'"
        ),
    ]

    @Test(arguments: wrongValues)
    func `a wrong value is an error with its place`(text: String, expected: String) {
        #expect(issues(text) == [expected])
    }

    @Test(arguments: [
        "http://example.org", "http://127.0.0.1.example.org", "http://[::2]", "http://128.0.0.1", "http://2130706433",
    ])
    func `the key goes out in clear to this machine only`(url: String) {
        #expect(
            issues("virustotal: {url: \"\(url)\"}") == [
                "c.yaml:1:19: virustotal.url: http would send the API key in clear; only a loopback address may be http"
            ])
    }

    @Test func `T44 a socket path that no Unix socket can have is refused`() {
        let longest = "/" + String(repeating: "s", count: 106)
        #expect(issues("control_socket: \(longest)").isEmpty)
        #expect(
            issues("control_socket: \(longest)s") == [
                "c.yaml:1:17: control_socket: the path of a Unix socket holds at most 107 bytes, this one has 108"
            ])
        #expect(
            issues("output: {analysisd: {socket: \(longest)ü}}") == [
                "c.yaml:1:30: output.analysisd.socket: the path of a Unix socket holds at most 107 bytes, this one has 109"
            ])
    }

    @Test(arguments: ["user", "api_key_file", "api_key", "proxy"])
    func `a key that was put into the configuration is never echoed`(name: String) {
        let key = String(repeating: "0123456789abcdef", count: 4)
        let found = issues("virustotal: {\(name): \(key)}")
        #expect(found.count == 1)
        #expect(!found.joined().contains("0123456789"))
    }

    @Test func `every problem is reported at once, in the order of the file`() {
        let text = """
            log:
              format: xml
              level: [info, debug]
            virustotal:
              timeout: 1
              quota: {per_minute: many}
            severity: {high_above: 5, medium_above: 20}
            filters:
              - group: pci_dss_10.2.4
              - levle: 3
            """
        #expect(
            issues(text).map { $0.split(separator: ":").prefix(3).joined(separator: ":") } == [
                "c.yaml:2:11", "c.yaml:3:10", "c.yaml:5:12", "c.yaml:6:23", "c.yaml:7:41", "c.yaml:9:12", "c.yaml:10:5",
            ])
    }

    @Test func `what only several keys together tell is reported`() {
        #expect(
            issues("output: {analysisd: null}") == [
                "c.yaml:1:21: output.analysisd: is null and there is no output.file: no event would go anywhere"
            ])
        #expect(
            issues("output: {analysisd: null, file: /a}\nalerts: {path: /a}") == [
                "c.yaml:1:33: output.file: is the file of alerts.path, which is only read"
            ])
        #expect(
            issues("severity: {medium_above: 30}") == [
                "c.yaml:1:26: severity.medium_above: medium_above (30) must not exceed high_above (20)"
            ])
    }

    private static let doubtful: [(String, String)] = [
        (
            "filters: [{group: gdpr_IV}]",
            "c.yaml:1:19: warning: filters.group: never matches: analysisd moves groups that begin "
                + "'gdpr_' out of rule.groups"
        ),
        (
            "filters: [{group: \"sshd|web\"}]",
            "c.yaml:1:19: warning: filters.group: 'sshd|web' is compared as a whole, no character "
                + "in it has a meaning"
        ),
        (
            "filters: [{location: \"/var/log/*.log\"}]",
            "c.yaml:1:22: warning: filters.location: '/var/log/*.log': only ^ $ | and a "
                + "leading ! have a meaning, the rest is plain text"
        ),
        (
            "filters: [{location: \"!auth|\"}]",
            "c.yaml:1:22: warning: filters.location: an empty alternative in '!auth|' matches "
                + "every location"
        ),
        (
            "exclude: [{level: 0}]",
            "c.yaml:1:11: warning: exclude: excludes every alert: each has a level of at least 0"
        ),
        ("ip_fields: [srcip]", "c.yaml:1:13: warning: ip_fields: 'srcip' is not below data, where decoded fields are"),
        (
            "ip_fields: [agent.ip]",
            "c.yaml:1:13: warning: ip_fields: agent.ip is the address of the victim, not of the source"
        ),
        (
            "output: {analysisd: {location: vt}}",
            "c.yaml:1:32: warning: output.analysisd.location: the rules in "
                + "rules/vtenrich_rules.xml match location virustotal_ip only: change it there too"
        ),
    ]

    @Test(arguments: doubtful)
    func `what is taken but may not do what was meant is a warning`(text: String, expected: String) {
        #expect(issues(text) == [expected])
    }

    @Test func `warnings without end hide no error`() {
        let entries = String(repeating: "- {group: pci_dss_1}\n", count: 500)
        #expect(issues("filters:\n\(entries)log: {level: loud}").contains { $0.hasPrefix("c.yaml:502:14: log.level") })
    }
}
