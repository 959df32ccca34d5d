import Foundation
import Testing

@testable import VTEnrichCore

struct MailMessageTests {
    private func message(_ text: String?) -> (headers: [String], body: String) {
        let message = MailMessage.make(
            [NoticeSample.notice(malicious: 8, text: text)], from: "wazuh@example.org", to: ["soc@example.org"])
        let text = String(decoding: message.bytes(now: NoticeSample.now), as: UTF8.self)
        let parts = text.components(separatedBy: "\r\n\r\n")
        let unfolded = parts[0].replacing("\r\n ", with: " ").components(separatedBy: "\r\n")
        let data = Data(base64Encoded: parts.dropFirst().joined(), options: .ignoreUnknownCharacters) ?? Data()
        return (unfolded, String(decoding: data, as: UTF8.self))
    }

    @Test func `the message says who, what and how bad`() {
        let (headers, body) = message(nil)
        let subject = headers.first { $0.hasPrefix("Subject: ") }?.dropFirst(9) ?? ""
        #expect(
            Self.decoded(String(subject)) == "[Wazuh] 110.35.80.116 is malicious (8/90): SSH Brute Force on Honeypot")
        #expect(headers.contains("Date: Mon, 02 Mar 2026 10:00:00 +0000"))
        #expect(headers.contains("Message-ID: <0123456789abcdef0123456789abcdef@example.org>"))
        for line in ["  Rule ID: 100200", "  Country: CN", "  VT malicious: 8/90 engines"] {
            #expect(body.components(separatedBy: "\r\n").contains(line), "\(line) in \(body)")
        }
    }

    @Test func `hostile text makes no header, no second part and no HTML`() {
        let (headers, body) = message(NoticeSample.hostile)
        let names = headers.map { $0.prefix { $0 != ":" } }
        #expect(
            names == [
                "Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding",
            ])
        #expect(headers.contains("Content-Type: text/plain; charset=utf-8"))
        #expect(headers.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
        #expect(body.contains("Bcc: all@example.org") && !body.contains("\u{202E}"))
    }

    @Test(arguments: ["", "plain", "a\r\nBcc: x", "=?UTF-8?Q?=00?=", "ü", String(repeating: "ä€😀", count: 100)])
    func `a subject is one header of short words, whatever it says`(text: String) {
        let encoded = MailMessage.encoded(text)
        for line in encoded.components(separatedBy: "\r\n ") {
            #expect(line.utf8.count <= 75 && line.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(line)")
        }
        #expect(Self.decoded(encoded.replacing("\r\n ", with: " ")) == SafeText.line(text, limit: 300))
    }

    /// RFC 2047, each word by itself; nil where one ends inside a character.
    private static func decoded(_ header: String) -> String? {
        guard header.hasPrefix("=?UTF-8?B?") else { return header }
        let words = header.split(separator: " ").map { word in
            Data(base64Encoded: String(word.dropFirst(10).dropLast(2))).flatMap {
                String(validating: $0, as: UTF8.self)
            }
        }
        return words.contains(nil) ? nil : words.compactMap { $0 }.joined()
    }
}

struct AddressListTests {
    private func address(_ text: String) -> IPAddress { IPAddress(text)! }

    @Test func `a list is lines of canonical addresses that read back`() {
        var list = AddressList()
        list.add(address("203.0.113.7"), until: 200)
        list.add(address("2001:DB8:0::1"), until: 300)
        list.add(address("203.0.113.7"), until: 100)
        #expect(list.text == "\"2001:db8::1\":until-300\n203.0.113.7:until-200\n")
        #expect(AddressList(reading: list.text) == list)
    }

    @Test func `what has ended goes, and of too many those that end first`() {
        var list = AddressList()
        for number in 1...10 { list.add(address("203.0.113.\(number)"), until: number * 10) }
        list.prune(now: 20, limit: 3)
        #expect(list.entries.values.sorted() == [80, 90, 100])
    }

    @Test(arguments: [
        "x", "203.0.113.7:", "203.0.113.7:until-x", "a:until-1", ":until-1", "203.0.113.7:until-99999999999999999999",
    ])
    func `a line that is not ours is no entry`(line: String) {
        #expect(AddressList(reading: line + "\n").entries.isEmpty)
    }
}
