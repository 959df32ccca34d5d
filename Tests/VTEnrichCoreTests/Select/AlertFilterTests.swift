import Testing

@testable import VTEnrichCore

private func alert(
    id: String = "1", level: Int? = 3, groups: [String] = [], location: String? = nil
) -> Alert {
    Alert(id: "1.1", timestamp: "t", rule: Alert.Rule(id: id, level: level, groups: groups), location: location)
}

/// A list as an `<integration>` block has it, in our words.
private func list(_ text: String) -> [String] {
    text.split(separator: ",").map { String($0) }
}

/// The vectors of `wazuh.md` §11.4: as integratord, but for what is marked as more.
@Suite struct `Alert filters` {
    @Test(arguments: [
        ("sshd", ["syslog", "sshd"], true),
        ("SSHD", ["syslog", "sshd"], false),
        ("ssh", ["syslog", "sshd"], false),
        ("web,syslog", ["syslog", "sshd"], true),
        ("sshd|web", ["syslog", "sshd"], false),
        ("!web", ["syslog", "sshd"], false),
        ("sshd,", ["syslog", "sshd"], true),
        ("pci_dss_10.2.4", ["syslog", "sshd"], false),
        ("sshd", [], false),
        // More than integratord: both sides are trimmed.
        ("web, sshd", ["syslog", "sshd"], true),
        ("\n  sshd\n", ["syslog", "sshd"], true),
        ("windows_security", ["windows", " windows_security"], true),
        ("windows_security", ["windows", "windows_security\r\n"], true),
        ("windows security", ["windowssecurity"], false),
        // strcmp, where Swift's == would take the two spellings of é for one.
        ("caf\u{e9}", ["cafe\u{301}"], false),
    ])
    func `compare groups exactly`(group: String, groups: [String], passes: Bool) {
        #expect(AlertFilter(groups: list(group)).passes(alert(groups: groups)) == passes)
    }

    @Test(arguments: [
        ([5710...5710, 5712...5712], "5712", true), ([5710...5710], "57100", false), ([5710...5710], "05710", true),
        ([5710...5710], "571", false), ([5710...5710], "", false), ([5710...5710], "5710x", false),
        ([0...Int.max], "99999999999999999999", false), ([0...9], "-5", false), ([0...9], "+5", false),
        ([], "5710", false),
        // More than integratord: ranges.
        ([5700...5799], "5712", true), ([5700...5799], "5700", true), ([5700...5799], "5799", true),
        ([5700...5799], "5699", false), ([5700...5799], "5800", false),
        ([5700...5799, 100_200...100_299], "100250", true),
    ])
    func `compare rule ids as numbers`(ids: [ClosedRange<Int>], id: String, passes: Bool) {
        #expect(AlertFilter(ruleIDs: ids).passes(alert(id: id)) == passes)
    }

    @Test(arguments: [
        (5, 5, true), (5, 6, true), (5, 4, false), (5, nil, false), (0, nil, true), (0, 0, true), (nil, nil, true),
    ])
    func `take alerts from a level up`(level: Int?, given: Int?, passes: Bool) {
        #expect(AlertFilter(level: level).passes(alert(level: given)) == passes)
    }

    @Test(arguments: [
        ("auth", "/var/log/AUTH.log", true), ("AUTH", "/var/log/auth.log", true),
        ("^/var/log/|EventChannel$", "EventChannel", true), ("^/var/log/|EventChannel$", "/var/log/x", true),
        ("^/var/log/|EventChannel$", "/x/var/log/", false), ("^/var/log/|EventChannel$", "EventChannels", false),
        ("!virustotal", "virustotal", false), ("!virustotal", "/var/log/x", true), ("!a|b", "xbx", false),
        ("!a|b", "c", true),
        ("a|!b", "b", false), ("a|!b", "x!b", true), ("/var/log/*.log", "/var/log/auth.log", false),
        ("/var/log/*.log", "/var/log/*.log", true), ("^abc$", "abc", true), ("^abc$", "ABC", true),
        ("^abc$", "abcd", false),
        ("^abc$", "xabc", false), ("abc$", "xabc", true), ("abc$", "abcx", false), ("^abc", "abcx", true),
        ("", "anything", true),
        ("", "", true), ("a||b", "c", true), ("|", "c", true), ("!", "c", false), ("^", "c", true), ("$", "c", true),
        ("^$", "", true), ("^$", "c", false), ("a^b", "xa^bx", true), ("a$b", "xa$bx", true), ("longer", "long", false),
        ("\\.log", "x.log", false), ("\\.log", "x\\.log", true), ("É", "é", false), ("É", "É", true),
        ("a.c", "abc", false),
    ])
    func `read integratord's patterns for the location`(pattern: String, location: String, passes: Bool) {
        #expect(AlertFilter(location: LocationPattern(pattern)).passes(alert(location: location)) == passes)
    }

    @Test(arguments: ["", "!virustotal", "x"])
    func `turn away an alert without the location they ask for`(pattern: String) {
        #expect(!AlertFilter(location: LocationPattern(pattern)).passes(alert(location: nil)))
    }

    @Test func `ask for all of their keys`() {
        let filter = AlertFilter(
            groups: ["sshd"], ruleIDs: [5700...5799], level: 10, location: LocationPattern("^/var/log/"))
        let taken = alert(id: "5710", level: 10, groups: ["sshd"], location: "/var/log/auth.log")
        #expect(filter.passes(taken))
        for change: (inout Alert) -> Void in [
            { $0.rule.groups = ["web"] }, { $0.rule.id = "5800" }, { $0.rule.level = 5 }, { $0.location = "journald" },
        ] {
            var other = taken
            change(&other)
            #expect(!filter.passes(other))
        }
        #expect(AlertFilter().passes(alert(level: nil)))
    }
}
