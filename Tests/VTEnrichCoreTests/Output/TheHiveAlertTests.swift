import Foundation
import Testing
import VTEnrichCore

struct TheHiveAlertTests {
    private func alert(_ notice: OutputNotice, onceADay: Bool = true) throws -> [String: Any] {
        var form = TheHiveAlert()
        form.onceADay = onceADay
        return try #require(JSONSerialization.jsonObject(with: Data(form.body(notice))) as? [String: Any])
    }

    @Test(arguments: [(23, 3), (21, 3), (20, 3), (16, 3), (15, 2), (8, 2), (6, 2), (5, 1), (1, 1)])
    func `a case's severity follows the article's bars, and is high where the address is blocked`(
        engines: Int, severity: Int
    ) throws {
        #expect(try alert(NoticeSample.notice(malicious: engines))["severity"] as? Int == severity)
    }

    @Test func `the case has the article's sections with what is known`() throws {
        let alert = try alert(NoticeSample.notice(malicious: 23))
        let description = try #require(alert["description"] as? String)
        for line in [
            "## Alert Details", "- Rule ID: `100200`", "- Agent: `honeypot (007)`", "- Level: `10`",
            "## Attacker Intelligence", "- IP: `110.35.80.116`", "- VT malicious: `23/90 engines`",
            "- VT harmless: `60`", "- Country: `CN`", "- Owner: `Alibaba Cloud Computing`", "- ASN: `45102`",
            "- Tags: `scanner, brute-force`", "- Reputation: `-25`", "- Last reported: `2026-03-01T21:20:00+00:00`",
            "## Raw Alert",
        ] {
            #expect(description.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
        #expect(description.contains("Failed password for root"))
        #expect(alert["title"] as? String == "[Wazuh] SSH Brute Force on Honeypot")
        #expect(alert["date"] as? Int == 1_753_101_678_157)
        let observables = try #require(alert["observables"] as? [[String: Any]])
        #expect(observables.count == 1 && observables[0]["data"] as? String == "110.35.80.116")
        #expect(observables[0]["dataType"] as? String == "ip" && observables[0]["ioc"] as? Bool == true)
    }

    @Test func `the reference is the same for each try: the event's id, or address and day`() throws {
        let notice = NoticeSample.notice(malicious: 8)
        #expect(try alert(notice)["sourceRef"] as? String == "110.35.80.116-2026-03-02")
        #expect(try alert(notice, onceADay: false)["sourceRef"] as? String == "0123456789abcdef0123456789abcdef")
    }

    @Test func `hostile text stays text in the description`() throws {
        let alert = try alert(NoticeSample.notice(malicious: 8, text: NoticeSample.hostile))
        let description = try #require(alert["description"] as? String)
        let (outside, inside) = MarkdownShape.split(description)
        for mark in ["<script", "](http://evil", "![", "javascript", "evil.example", "Heading\n", "\u{202E}"] {
            #expect(!outside.contains(mark), "\(mark) in: \(outside)")
        }
        #expect(inside.contains("<script>alert(1)</script>"))
        #expect(
            outside.split(separator: "\n").filter { $0.hasPrefix("#") } == [
                "## Alert Details", "## Attacker Intelligence", "## Raw Alert",
            ])
        #expect(!(alert["title"] as? String ?? "").contains("\n"))
    }

    @Test(arguments: [
        "", " ", "`", "``", "a`b", "`a", "a`", "``` ", "\u{0}", "``a```b`", String(repeating: "`", count: 600),
    ])
    func `a code span holds whatever it is given`(text: String) {
        let span = SafeText.markdownSpan(text)
        let (outside, _) = MarkdownShape.split("x \(span) y")
        #expect(outside == "x  y")
    }

    @Test(arguments: ["", "```", "~~~\n```\n", "`````\n# x", "a\n````````\nb"])
    func `a fenced block holds whatever it is given`(text: String) {
        let (outside, inside) = MarkdownShape.split("x\n\(SafeText.markdownFence(text, limit: 1_000))\ny")
        #expect(outside == "x\n\ny")
        if let first = text.split(separator: "\n").first { #expect(inside.contains(first)) }
    }
}

/// Just enough of CommonMark: fenced blocks and code spans, so that a test sees what is outside of them.
private enum MarkdownShape {
    static func split(_ text: String) -> (outside: String, inside: String) {
        var (outside, inside): ([String], [String]) = ([], [])
        var fence: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let ticks = line.prefix { $0 == "`" }.count
            if let open = fence {
                if ticks >= open, ticks == line.count { fence = nil } else { inside.append(String(line)) }
            } else if ticks >= 3, !line.dropFirst(ticks).contains("`") {
                fence = ticks
                outside.append("")
            } else {
                let (plain, code) = spans(line)
                outside.append(plain)
                inside.append(code)
            }
        }
        return (outside.joined(separator: "\n"), inside.joined(separator: "\n"))
    }

    /// A run of backticks opens a span that ends at the next run of the same length.
    private static func spans(_ line: Substring) -> (String, String) {
        var (plain, code) = ("", "")
        var rest = line
        while let start = rest.firstIndex(of: "`") {
            plain += rest[..<start]
            let ticks = rest[start...].prefix { $0 == "`" }
            rest = rest[ticks.endIndex...]
            var search = rest
            var end: Substring?
            while let next = search.firstIndex(of: "`") {
                let run = search[next...].prefix { $0 == "`" }
                if run.count == ticks.count {
                    end = run
                    break
                }
                search = search[run.endIndex...]
            }
            guard let end else {
                plain += ticks
                continue
            }
            code += rest[..<end.startIndex]
            rest = rest[end.endIndex...]
        }
        return (plain + rest, code)
    }
}
