/// The frame around an event on analysisd's queue socket: `1:<location>:<event>` (`wazuh.md` §4). No trailing NUL.
package enum Datagram {
    // An administrator sets these, or analysisd bounds them; longer ones are cut so that the datagram stays bounded.
    private static let maxIDBytes = 32
    private static let maxNameBytes = 256
    private static let maxAddressBytes = 64
    private static let maxLocationBytes = 256

    /// Everything up to the event. An agent's alert is answered in the agent's name; the manager's own and agentless
    /// ones in the manager's.
    package static func prefix(_ source: EventSource?, location: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "1"), UInt8(ascii: ":")]
        bytes.reserveCapacity(96)
        if let agent = source?.agent, agent.id != "000" {
            bytes.append(UInt8(ascii: "["))
            append(agent.id, limit: maxIDBytes, to: &bytes)
            bytes.append(contentsOf: "] (".utf8)
            append(agent.name, limit: maxNameBytes, to: &bytes)
            bytes.append(contentsOf: ") ".utf8)
            append(agent.ip.flatMap { $0.isEmpty ? nil : $0 } ?? "any", limit: maxAddressBytes, to: &bytes)
            bytes.append(contentsOf: "->".utf8)
        }
        append(location, limit: maxLocationBytes, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        return bytes
    }

    /// Escapes `|` and `:`, by which analysisd finds the end of the location, and blanks control characters.
    private static func append(_ text: String, limit: Int, to bytes: inout [UInt8]) {
        for byte in text.prefix(bytes: limit).utf8 {
            switch byte {
            case UInt8(ascii: "|"), UInt8(ascii: ":"):
                bytes.append(UInt8(ascii: "|"))
                bytes.append(byte)
            case 0..<0x20, 0x7F: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
    }
}
