import Testing
import VTEnrich
import VTEnrichCore

/// `<integration>` blocks as integratord reads them (`wazuh.md` §1.1), said in our configuration.
struct FilterImportTests {
    private func imported(_ block: String) -> FilterImport {
        FilterImport(Array("<ossec_config><integration>\(block)</integration></ossec_config>".utf8), file: "ossec.conf")
    }

    /// What `ConfigurationReader` makes of the text that was printed.
    private func readBack(_ imported: FilterImport) throws -> [AlertFilter] {
        try ConfigurationReader.parse(Array(imported.yaml.utf8), file: "vtenrichd.yaml").configuration.selection.filters
    }

    private static func ids(_ numbers: Int...) -> AlertFilter { AlertFilter(ruleIDs: numbers.map { $0...$0 }) }

    private static let blocks: [(String, AlertFilter, String?)] = [
        ("<group>sshd,web</group>", AlertFilter(groups: ["sshd", "web"]), nil),
        ("<group>sshd, web</group>", AlertFilter(groups: ["sshd", "web"]), "' web' has white space around it"),
        ("<group>sshd|web</group>", AlertFilter(groups: ["sshd|web"]), "if one of them was meant: group: [sshd, web]"),
        ("<group>!sshd</group>", AlertFilter(groups: ["!sshd"]), "put group: sshd below exclude:"),
        ("<group>pci_dss_10.2.4,sshd</group>", AlertFilter(groups: ["pci_dss_10.2.4", "sshd"]), "never matches"),
        ("<group>sshd,</group>", AlertFilter(groups: ["sshd"]), nil),
        ("<group>a</group><group>b</group>", AlertFilter(groups: ["b"]), "<group> is given again"),
        ("<rule_id>5710, 5712</rule_id>", ids(5710, 5712), nil),
        ("<rule_id>100-200,300</rule_id>", ids(100, 300), "'100-200' is read as 100; if the range was meant"),
        ("<rule_id>5710 5712</rule_id>", ids(5710), "'5710 5712' is read as 5710"),
        ("<rule_id>5710,x,5712</rule_id>", ids(5710), "'x' is no rule id: it and what follows it is not read"),
        ("<rule_id>1</rule_id><rule_id>2</rule_id>", ids(1, 2), nil),
        ("<rule_id>\n 5710</rule_id>", ids(5710), "integratord stops reading <rule_id> at the line break"),
        ("<rule_id>x</rule_id><level>3</level>", AlertFilter(level: 3), "integratord takes every rule for it"),
        ("<level>10</level>", AlertFilter(level: 10), nil),
        ("<level>0</level>", AlertFilter(level: 0), "<level> 0 is no condition"),
        ("", AlertFilter(level: 0), nil),
        (
            "<event_location>^/var/log/a b|Event$</event_location>",
            AlertFilter(location: LocationPattern("^/var/log/a b|Event$")), nil
        ),
        (
            "<event_location>!C:\\a &amp; \"b\"</event_location>",
            AlertFilter(location: LocationPattern("!C:\\a & \"b\"")), "neither entities"
        ),
        (
            "<group><![CDATA[a<b]]></group><level>7</level>", AlertFilter(groups: ["a<b"], level: 7), "nor CDATA"
        ),
        ("<grup>sshd</grup><level>3</level>", AlertFilter(level: 3), "<grup> is no option"),
    ]

    @Test(arguments: blocks)
    func `a block becomes the filter that integratord made of it, with a word on what it may not have meant`(
        block: String, filter: AlertFilter, warning: String?
    ) throws {
        let imported = imported("<name>custom-virustotal_ip</name>" + block)
        #expect(imported.filters == [filter])
        #expect(try readBack(imported) == [filter], "\(imported.yaml)")
        #expect(imported.warnings.isEmpty == (warning == nil), "\(imported.warnings)")
        if let warning {
            #expect(imported.warnings.contains { $0.hasPrefix("ossec.conf:") && $0.contains(warning) })
            #expect(imported.yaml.contains("  # warning: "))
        }
    }

    @Test(arguments: [
        ("<level>17</level>", "nothing passes"), ("<level>abc</level>", "integratord does not start"),
        ("<group> , </group>", "names no group"),
    ])
    func `a block that lets nothing through becomes no entry, never one for every alert`(
        block: String, warning: String
    ) throws {
        let imported = imported("<name>custom-virustotal_ip</name>" + block)
        #expect(imported.filters.isEmpty && imported.blocks == 1)
        #expect(!imported.yaml.contains("filters:"))
        #expect(imported.warnings.count == 1 && imported.warnings[0].contains(warning))
        #expect(try readBack(imported).isEmpty)
    }

    @Test func `several roots, comments and other settings, and no secret comes out`() throws {
        let file = """
            <!-- manager -->
            <ossec_config>
              <global><jsonout_output>yes</jsonout_output></global>
              <!-- a > b <integration><name>custom-virustotal_old</name></integration> -->
              <integration>
                <name>custom-virustotal_ip</name>
                <api_key>0123456789abcdef</api_key>
                <group>sshd<!-- not web -->,authentication_failed</group>
                <alert_format>json</alert_format>
              </integration>
              <localfile><location>/var/log/a.log</location></localfile>
            </ossec_config>

            <ossec_config>
              <integration>
                <name>slack</name>
                <hook_url>https://hooks.example.org/geheim</hook_url>
                <level>12</level>
              </integration>
              <database_output><password>geheim</password></database_output>
            </ossec_config>
            <integration><name>custom-virustotal_lost</name></integration>
            """
        let imported = FilterImport(Array(file.utf8), file: "/var/ossec/etc/ossec.conf")
        #expect(
            imported.yaml == """
                # From the <integration> blocks of /var/ossec/etc/ossec.conf.
                # The API key is not copied: write it into /etc/vtenrichd/virustotal.key, mode 0640, group vtenrichd.
                filters:
                  # line 5: custom-virustotal_ip
                  - group: [sshd, authentication_failed]
                  # line 15: slack
                  # warning: integration 'slack' is not VirusTotal's: remove this entry unless its alerts are to be looked up
                  - level: 12

                """)
        #expect(imported.warnings.count == 2)
        #expect(imported.warnings[0].contains("is not right below <ossec_config>"))
        #expect(imported.warnings[1].hasPrefix("/var/ossec/etc/ossec.conf:15: integration 'slack'"))
        let everything = imported.yaml + imported.warnings.joined()
        #expect(!everything.contains("geheim") && !everything.contains("0123456789abcdef"))
    }

    @Test(arguments: [
        "", "no xml at all", "<ossec_config>", "<ossec_config/>", "</integration>", "<ossec_config><integration",
        "<<<>>>", "<a b='", "<![CDATA[", "<!--", "&#xFFFFFFFF;&#0;&;&", "<ossec_config><integration><group>\\<",
        String(repeating: "<a>", count: 100_000),
    ])
    func `whatever the file holds, reading it ends`(text: String) {
        let imported = FilterImport(Array(text.utf8), file: "x")
        #expect(imported.filters.count <= 1)
    }

    @Test func `names and options out of the file are harmless on a terminal`() {
        let imported = imported("<name>custom-virustotal\u{1B}[31m\nx: y</name><gr\u{9B}oup>\u{202E}</group>")
        for scalar in (imported.yaml + imported.warnings.joined()).unicodeScalars where scalar != "\n" {
            #expect(scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format)
        }
    }
}
