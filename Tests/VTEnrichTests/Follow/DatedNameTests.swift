import Testing

@testable import VTEnrich

@Suite struct DatedNameTests {
    @Test(arguments: [
        "2026/Nov/ossec-alerts-21.json", "2026/Jan/ossec-alerts-01-001.json", "1999/Dec/ossec-alerts-31-1234.json",
    ])
    func `A name as analysisd makes it is read and written the same`(text: String) throws {
        #expect(try #require(DatedName(path: text)).path == text)
    }

    @Test(arguments: [
        "2026/nov/ossec-alerts-21.json", "2026/Nov/ossec-alerts-21.log", "2026/Nov/ossec-archive-21.json",
        "2026/Nov/ossec-alerts-1.json", "2026/Nov/ossec-alerts-00.json", "2026/Nov/ossec-alerts-32.json",
        "2026/Nov/ossec-alerts-21-01.json", "2026/Nov/ossec-alerts-21-000.json", "2026/Nov/ossec-alerts-21-001-1.json",
        "2026/Nov/ossec-alerts-21.json.gz", "26/Nov/ossec-alerts-21.json", "2026/Nov/ossec-alerts-21.json.sum",
        "2026/Nov/ossec-alerts-21-99999999999.json", "2026/Nov/ossec-alerts-+1.json", "Nov/ossec-alerts-21.json", "",
    ])
    func `Other names are none`(text: String) {
        #expect(DatedName(path: text) == nil)
    }

    @Test(
        arguments: [
            ("2026/Nov/ossec-alerts-21.json", "2026/Nov/ossec-alerts-21-001.json", nil),
            ("2026/Nov/ossec-alerts-21-007.json", "2026/Nov/ossec-alerts-22.json", nil),
            ("2026/Dec/ossec-alerts-31.json", "2027/Jan/ossec-alerts-01.json", nil),
            ("2028/Feb/ossec-alerts-29.json", "2028/Mar/ossec-alerts-01.json", nil),
            ("2027/Feb/ossec-alerts-28.json", "2027/Mar/ossec-alerts-01.json", nil),
            ("2028/Feb/ossec-alerts-28.json", "2028/Mar/ossec-alerts-01.json", "1 day"),
            ("2026/Nov/ossec-alerts-21.json", "2026/Nov/ossec-alerts-25.json", "3 days"),
            ("2026/Nov/ossec-alerts-21.json", "2026/Nov/ossec-alerts-21-002.json", "1 file of the same day"),
        ] as [(String, String, String?)])
    func `F41 F42 neighbours and what is missing between them`(earlier: String, later: String, gap: String?) throws {
        let first = try #require(DatedName(path: earlier))
        let second = try #require(DatedName(path: later))
        #expect(first < second)
        #expect(DatedName.gap(from: first, to: second) == gap)
    }
}
