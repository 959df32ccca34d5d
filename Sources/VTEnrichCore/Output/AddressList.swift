/// A CDB list of addresses with the time when each leaves it (`wazuh.md` §7): `203.0.113.7:until-1772445600`, IPv6 keys in
/// quotes. Only canonical addresses are ever written, so that no line can be anything else.
package struct AddressList: Sendable, Equatable {
    /// When each leaves, seconds since 1970.
    package private(set) var entries: [IPAddress: Int] = [:]

    package init() {}

    /// What an earlier list holds; lines that are none of ours are left out.
    package init(reading text: String) {
        for line in text.split(separator: "\n") {
            guard let mark = line.firstRange(of: ":until-"), let until = Int(line[mark.upperBound...]) else { continue }
            let key = line[..<mark.lowerBound].filter { $0 != "\"" }
            if let address = IPAddress(key) { entries[address] = until }
        }
    }

    package mutating func add(_ address: IPAddress, until: Int) {
        entries[address] = max(until, entries[address] ?? 0)
    }

    /// Drops what has ended, and of more than `limit` those that end first.
    package mutating func prune(now: Int, limit: Int) {
        entries = entries.filter { $0.value > now }
        guard entries.count > limit else { return }
        let last = entries.sorted { ($0.value, $0.key.description) > ($1.value, $1.key.description) }.prefix(limit)
        entries = Dictionary(uniqueKeysWithValues: last.map { ($0.key, $0.value) })
    }

    /// Sorted, so that the same list is the same file.
    package var text: String {
        entries.map { address, until in
            let text = address.description
            return "\(text.contains(":") ? "\"\(text)\"" : text):until-\(until)\n"
        }.sorted().joined()
    }
}
