import VTEnrich

/// The findings of `doctor` for people. On a terminal the command that mends stands in a line of its own, to be copied;
/// elsewhere each finding is one line.
enum DoctorText {
    private static let indent = 21

    static func render(_ findings: [Finding], on terminal: Terminal) -> String {
        let lines = findings.flatMap { rows($0, terminal) }
        return (lines + [summary(findings, terminal)]).joined(separator: "\n")
    }

    private static func rows(_ finding: Finding, _ terminal: Terminal) -> [String] {
        let heading = padded(finding.grade.rawValue, 6) + finding.stage.rawValue
        let text = printable(finding.text)
        let remedy = finding.remedy.map { printable($0) }
        guard terminal.width != nil else {
            return [padded(heading, indent) + text + (remedy.map { "; mend: \($0)" } ?? "")]
        }
        var lines = terminal.flow(Phrase(heading, style(finding.grade)), indent: indent, words(text))
        if let remedy { lines.append(String(repeating: " ", count: indent) + terminal.paint(remedy, .bold)) }
        return lines
    }

    private static func summary(_ findings: [Finding], _ terminal: Terminal) -> String {
        let (failed, warned) = (findings.count { $0.grade == .fail }, findings.count { $0.grade == .warn })
        let worst = findings.map(\.grade).max() ?? .ok
        return "\n" + terminal.paint("\(failed) failed, \(warned) to look at, of \(findings.count)", style(worst))
    }

    private static func words(_ text: String) -> [Phrase] { text.split(separator: " ").map { Phrase(String($0)) } }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func style(_ grade: Finding.Grade) -> Terminal.Style {
        switch grade {
        case .ok: .good
        case .warn: .warn
        case .fail: .bad
        }
    }
}
