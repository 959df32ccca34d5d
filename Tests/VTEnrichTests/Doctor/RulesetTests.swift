import Foundation
import Support
import Testing

@testable import VTEnrich

/// What `doctor` reads out of a manager's folder of rules and its `ossec.conf`.
struct RulesetTests {
    private let folder: TemporaryFolder
    private static let stock = #"<group name="virustotal,"><rule id="87100" level="0"></rule></group>"#

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("ruleset/rules/0490-virustotal_rules.xml", Self.stock)
        try folder.write("etc/ossec.conf", "<ossec_config><global/></ossec_config>")
        try folder.makeFolder(of: folder["etc/rules/local_rules.xml"])
    }

    private func findings(location: String = "virustotal_ip", socketMadeAt: Double? = nil) -> [Finding] {
        Ruleset.read(root: folder.path).findings(
            location: location, socketMadeAt: socketMadeAt, ruleFile: "/usr/share/vtenrichd/rules/vtenrich_rules.xml")
    }

    /// The rules that are shipped.
    private func install() throws {
        let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../rules/vtenrich_rules.xml")
        try folder.write("etc/rules/vtenrich_rules.xml", try String(contentsOf: file.standardized, encoding: .utf8))
    }

    @Test func `the shipped rules are found, with their location`() throws {
        try install()
        #expect(
            findings() == [
                Finding(.rules, .ok, "199900 to 199906 in \(folder["etc/rules/vtenrich_rules.xml"])")
            ])
    }

    @Test func `rules that are not there are a failure with the command that installs them`() throws {
        try folder.write(
            "etc/rules/local_rules.xml", "<group><!-- <rule id=\"199900\"/> --><rule id='100001'/></group>")
        let finding = try #require(findings().first)
        #expect(finding.grade == .fail && finding.text.contains("no event becomes an alert"))
        #expect(
            finding.remedy == "install -o wazuh -g wazuh -m 0660 /usr/share/vtenrichd/rules/vtenrich_rules.xml "
                + "\(folder.path)/etc/rules/ && systemctl restart wazuh-manager")
    }

    @Test func `some that are missing are named, and so is the stock rule they hang below`() throws {
        try install()
        let text = try folder.read("etc/rules/vtenrich_rules.xml").replacing("199904", with: "100904")
        try folder.write("etc/rules/vtenrich_rules.xml", text)
        #expect(findings().first?.text.hasPrefix("missing: 199904;") == true)
        try install()
        try folder.write("ruleset/rules/0490-virustotal_rules.xml", "<group></group>")
        #expect(findings().first?.grade == .fail)
        #expect(findings().first?.text.contains("stock rule 87100") == true)
    }

    @Test func `a second file with the same ids is a warning that names the one to remove`() throws {
        try install()
        let other = try folder.write(
            "etc/rules/custom_virustotal.xml", "<group><rule id=\"199901\" level=\"12\"/></group>")
        let finding = try #require(findings().first { $0.grade == .warn })
        #expect(finding.text.hasPrefix("199901 is in \(other) and in"))
        #expect(finding.remedy == "rm \(other) && systemctl restart wazuh-manager")
    }

    @Test func `rules for another location never take our events`() throws {
        try install()
        let finding = try #require(findings(location: "reputation").first)
        #expect(finding.grade == .fail && finding.text.contains("(^|->)virustotal_ip$ only, events have reputation"))
    }

    @Test func `rules that are newer than analysisd may not be loaded`() throws {
        try install()
        #expect(findings(socketMadeAt: 1_000).map(\.grade) == [.warn])
        #expect(findings(socketMadeAt: 9e9).map(\.grade) == [.ok])
    }

    private static let settings: [(String, Finding.Stage, Finding.Grade, String)] = [
        ("<global><jsonout_output>no</jsonout_output></global>", .alerts, .fail, "no alert is written"),
        ("<alerts><log_alert_level> 5 </log_alert_level></alerts>", .rules, .warn, "<log_alert_level>5"),
        (
            "<integration><name>custom-virustotal_ip</name></integration>", .rules, .warn,
            "still has <integration> custom-virustotal_ip"
        ),
    ]

    @Test(arguments: settings)
    func `settings of the manager that keep alerts away are told`(
        xml: String, stage: Finding.Stage, grade: Finding.Grade, text: String
    ) throws {
        try install()
        try folder.write("etc/ossec.conf", "<ossec_config/>\n<ossec_config>\(xml)</ossec_config>")
        let findings = findings()
        #expect(findings.count == 2 && findings[0].grade == .ok)
        #expect(findings[1].stage == stage && findings[1].grade == grade && findings[1].text.contains(text))
    }

    @Test func `other folders of rules are read where ossec.conf names them`() throws {
        try install()
        try folder.write(
            "etc/ossec.conf",
            "<ossec_config><ruleset><rule_dir>ruleset/rules</rule_dir><rule_dir>mine</rule_dir></ruleset></ossec_config>"
        )
        try folder.makeFolder(of: folder["mine/x"])
        #expect(findings().first?.grade == .fail)
        try FileManager.default.moveItem(atPath: folder["etc/rules/vtenrich_rules.xml"], toPath: folder["mine/r.xml"])
        #expect(findings().map(\.grade) == [.ok])
    }

    @Test(arguments: [
        ("/var/ossec/logs/alerts/alerts.json", nil, "/var/ossec"),
        ("/mnt/alerts.json", "/opt/wazuh/queue/sockets/queue", "/opt/wazuh"),
        ("/mnt/alerts.json", "/run/queue", nil), ("/logs/alerts/alerts.json", nil, nil),
    ])
    func `the manager's folder follows from the configured paths`(alerts: String, socket: String?, root: String?) {
        #expect(Ruleset.root(alerts: alerts, socket: socket) == root)
    }
}
