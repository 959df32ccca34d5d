/// A message for people, as bytes for SMTP (`outputs.md`, RFC 5322): plain text in base64, so that no line of a log is a
/// header, a dot of SMTP or HTML.
package struct MailMessage: Sendable, Equatable {
    /// Bytes of one log, and of the whole text.
    private static let maxLog = 2_000
    private static let maxText = 200_000

    package var from: String
    package var to: [String]
    package var subject: String
    package var text: String
    /// Stable for the same notices, so that a repeat is known as one.
    package var id: String

    package init(from: String, to: [String], subject: String, text: String, id: String) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.id = id
    }

    /// One notice, or a digest of several.
    package static func make(_ notices: [OutputNotice], from: String, to: [String]) -> MailMessage {
        let first = notices.max { $0.caseSeverity < $1.caseSeverity }
        let heading = first.map(heading) ?? ""
        let subject = notices.count == 1 ? "[Wazuh] \(heading)" : "[Wazuh] \(notices.count) addresses, \(heading)"
        let text = notices.map(section).joined(separator: "\n\n\(String(repeating: "-", count: 72))\n\n")
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let id = notices.count == 1 ? notices[0].eventID : "\(notices.first?.eventID ?? "")-\(notices.count)"
        return MailMessage(from: from, to: to, subject: subject, text: text, id: "<\(id)@\(domain)>")
    }

    private static func heading(_ notice: OutputNotice) -> String {
        let engines = notice.detections.map { " (\($0))" } ?? ""
        return "\(notice.address) is \(notice.verdict)\(engines): \(notice.ruleDescription)"
    }

    private static func section(_ notice: OutputNotice) -> String {
        func rows(_ facts: [(label: String, value: String)]) -> String {
            facts.map { "  \($0.label): \(SafeText.line($0.value))" }.joined(separator: "\n")
        }
        let log = SafeText.block(notice.fullLog, limit: maxLog).replacing("\n", with: "\n  ")
        return """
            \(SafeText.line(heading(notice)))

            Alert
            \(rows(notice.alertDetails))

            Address
            \(rows(notice.intelligence))
              \(notice.permalink)

            Log
              \(log)
            """
    }

    /// - Parameter now: wall clock.
    package func bytes(now: Double) -> [UInt8] {
        let headers = [
            "Date: \(Self.date(now))", "From: <\(from)>", "To: \(to.map { "<\($0)>" }.joined(separator: ",\r\n "))",
            "Message-ID: \(SafeText.line(id))", "Subject: \(Self.encoded(subject))", "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
        ]
        let body = Self.base64(Array(text.prefix(bytes: Self.maxText).replacing("\n", with: "\r\n").utf8))
        let lines = stride(from: 0, to: body.count, by: 76).map {
            String(decoding: body[$0..<min($0 + 76, body.count)], as: UTF8.self)
        }
        return Array((headers + [""] + lines).joined(separator: "\r\n").utf8) + Array("\r\n".utf8)
    }

    /// A header's text: as it is where it is plain ASCII, else in encoded words of at most 75 characters (RFC 2047).
    static func encoded(_ text: String) -> String {
        let line = SafeText.line(text, limit: 300)
        let isPlain =
            line.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !line.contains("=?") && line.utf8.count < 70
        guard !isPlain else { return line }
        var (words, chunk): ([String], [UInt8]) = ([], [])
        func word(_ chunk: [UInt8]) -> String { "=?UTF-8?B?\(String(decoding: base64(chunk), as: UTF8.self))?=" }
        for character in line.unicodeScalars {
            let bytes = Array(String(character).utf8)
            if chunk.count + bytes.count > 42 {
                words.append(word(chunk))
                chunk = []
            }
            chunk += bytes
        }
        if !chunk.isEmpty { words.append(word(chunk)) }
        return words.joined(separator: "\r\n ")
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                output.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(value >> UInt32(18 - 6 * position)) & 63])
            }
        }
        return output
    }

    /// `Mon, 02 Mar 2026 10:00:00 +0000`.
    private static func date(_ now: Double) -> String {
        let text = RFC3339.text(Int(now))
        let date = UTCDate(wall: now)
        let days = Int((now / 86_400).rounded(.down))
        // 1970-01-01 was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][((days % 7) + 7) % 7]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = date.day < 10 ? "0\(date.day)" : "\(date.day)"
        return "\(weekday), \(day) \(months[date.month - 1]) \(date.year) \(text.dropFirst(11).prefix(8)) +0000"
    }
}
