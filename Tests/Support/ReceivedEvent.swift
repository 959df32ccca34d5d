import Foundation

/// A datagram as analysisd takes it apart (`wazuh.md` §4): `<queue>:<location>:<message>`.
package struct ReceivedEvent: Sendable, Equatable {
    /// `1` for what the integrations send.
    package var queue: Character
    /// Unescaped, as the alert shows it: behind `->` for an agent.
    package var location: String
    /// `000` for the manager.
    package var agentID: String
    /// nil for the manager.
    package var agentName: String?
    /// What stood before `->`; `any` where the alert had none.
    package var agentAddress: String?
    package var message: String

    /// nil for what analysisd drops with an error: under four bytes, or without a separator.
    package init?(datagram: [UInt8]) {
        let text = datagram.last == 0 ? datagram.dropLast() : datagram[...]
        guard text.count >= 4, text[1] == UInt8(ascii: ":"), let end = Self.separator(in: text.dropFirst(2)) else {
            return nil
        }
        queue = Character(Unicode.Scalar(text[0]))
        message = String(decoding: text[(end + 1)...], as: UTF8.self)
        let location = Self.unescaped(text[2..<end])
        guard location.hasPrefix("[") else {
            (self.location, agentID) = (location, "000")
            return
        }
        // `[007] (web-01) 10.0.0.7->virustotal_ip`
        guard let idEnd = location.firstIndex(of: "]"), let arrow = location.range(of: "->", options: .backwards),
            let nameStart = location.firstIndex(of: "("),
            let nameEnd = location[..<arrow.lowerBound].range(of: ") ", options: .backwards),
            nameStart < nameEnd.lowerBound
        else { return nil }
        agentID = String(location[location.index(after: location.startIndex)..<idEnd])
        agentName = String(location[location.index(after: nameStart)..<nameEnd.lowerBound])
        agentAddress = String(location[nameEnd.upperBound..<arrow.lowerBound])
        self.location = String(location[arrow.upperBound...])
    }

    /// The first `:` that no `|` escapes.
    private static func separator(in bytes: ArraySlice<UInt8>) -> Int? {
        var escaped = false
        for (index, byte) in zip(bytes.indices, bytes) {
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "|") {
                escaped = true
            } else if byte == UInt8(ascii: ":") {
                return index
            }
        }
        return nil
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var escaped = false
        for byte in bytes {
            if !escaped && byte == UInt8(ascii: "|") {
                escaped = true
            } else {
                result.append(byte)
                escaped = false
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension ReceivedEvent {
    /// nil when the message is no JSON object: analysisd then finds no fields, and no rule matches.
    package var json: [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(message.utf8))) as? [String: Any]
    }

    /// A field by its dotted path as a rule sees it, `virustotal_ip.source.ip`: numbers as Wazuh writes them.
    package func text(_ path: String) -> String? {
        var value: Any? = json
        for key in path.split(separator: ".") { value = (value as? [String: Any])?[String(key)] }
        return value.flatMap { WazuhAlert.flattened($0) as? String }
    }
}
