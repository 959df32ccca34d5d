import VTEnrichCore
import Yams

/// The kinds of values that speak of alerts and addresses: filter entries, field paths, networks, tags.

extension ValueKind where Value == AlertFilter {
    /// One entry of `filters` or `exclude`.
    static func filter(excludes: Bool) -> ValueKind {
        let table = KeyTable<AlertFilter>(fields: [
            Field("group", \.groups, .given(.list(of: .group, atLeast: 1))),
            Field("rule_id", \.ruleIDs, .given(.list(of: .ruleIDs, atLeast: 1))),
            Field("level", \.level, .given(.integer(0...16))),
            Field("location", \.location, .given(.locationPattern)),
        ])
        return ValueKind(
            read: { node, reading in
                guard node.mapping != nil else {
                    reading.error("expected an entry such as group: sshd, found \(node.nameForMessage)", at: node)
                    return nil
                }
                guard node.mapping?.isEmpty == false else {
                    reading.error("is an entry without keys, which would take every alert", at: node)
                    return nil
                }
                var filter = AlertFilter()
                table.read(node, parent: reading.key, into: &filter, &reading)
                if excludes, filter == AlertFilter(level: 0) {
                    reading.warn("excludes every alert: each has a level of at least 0", at: node)
                }
                return filter
            },
            write: { filter in
                let given = table.fields.filter { !$0.write(filter).isNull }
                return KeyTable(fields: given).write(filter)
            })
    }
}

extension ValueKind {
    /// A key that may be absent, but has a value where it is given.
    fileprivate static func given<Wrapped>(_ kind: ValueKind<Wrapped>) -> ValueKind where Value == Wrapped? {
        ValueKind(
            read: { node, reading in kind.read(node, &reading).map { .some($0) } },
            write: { $0.map(kind.write) ?? .null })
    }

    /// Adds a warning about a value that is taken, but may not do what was meant.
    fileprivate func warning(_ advice: @escaping (Value) -> String?) -> ValueKind {
        ValueKind(
            read: { node, reading in
                let value = read(node, &reading)
                if let value, let message = advice(value) { reading.warn(message, at: node) }
                return value
            },
            write: write)
    }
}

extension ValueKind where Value == String {
    /// Compared for equality with `rule.groups`, both trimmed (`wazuh.md` §1.1).
    fileprivate static var group: ValueKind {
        ValueKind.scalar("a group of a rule") { text throws(InvalidValue) in
            let group = text.trimmed
            guard !group.isEmpty else { throw .mismatch }
            guard !group.contains(",") else { throw .because("a group holds no comma; write a list: [sshd, web]") }
            return group
        } write: {
            $0
        }.warning { group in
            if let family = complianceFamilies.first(where: { group.hasPrefix($0) }) {
                return "never matches: analysisd moves groups that begin '\(family)' out of rule.groups"
            }
            if group.contains(where: { "|!^$*?\\".contains($0) }) {
                return "\(group.quotedForMessage) is compared as a whole, no character in it has a meaning"
            }
            return nil
        }
    }

    /// Beginnings of groups that analysisd moves out of `rule.groups` (`wazuh.md` §1.1).
    static var complianceFamilies: [String] {
        ["pci_dss_", "cis_", "gdpr_", "gpg13_", "hipaa_", "nist_800_53_", "tsc_"]
    }

    /// Dotted path to the text field of an alert.
    static var fieldPath: ValueKind {
        ValueKind.name("the path of a field such as data.srcip", atMost: 512) { $0.value > 0x20 && $0.value != 0x7F }
            .warning { path in
                if path.split(separator: ".", omittingEmptySubsequences: false).contains("") {
                    return "\(path.quotedForMessage) has an empty part and never matches"
                }
                if path == "agent.ip" { return "agent.ip is the address of the victim, not of the source" }
                return path.hasPrefix("data.")
                    ? nil : "\(path.quotedForMessage) is not below data, where decoded fields are"
            }
    }

    /// What the event's location may be: it is written into a datagram and matched by the rules.
    static var eventLocation: ValueKind {
        name("a name of letters, digits, '_', '-' and '.'", atMost: 64) {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "_-.".unicodeScalars.contains($0))
        }
    }

    static var accountName: ValueKind {
        name("the id of a VirusTotal account", atMost: 128) {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "_-.".unicodeScalars.contains($0))
        }
    }
}

extension ValueKind where Value == ClosedRange<Int> {
    fileprivate static var ruleIDs: ValueKind {
        .scalar("a rule id such as 5710 or a range such as 100200-100299") { text throws(InvalidValue) in
            let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map {
                String($0).trimmed
            }
            if text.contains(",") { throw .because("several rule ids are a list: [5710, 100200-100299]") }
            guard ends.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 9 && $0.utf8.allSatisfy { 48...57 ~= $0 } }),
                let first = Int(ends[0]), let last = Int(ends[ends.count - 1])
            else { throw .mismatch }
            guard first <= last else { throw .because("the range \(first)-\(last) runs backwards") }
            return first...last
        } write: {
            $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
        }
    }
}

extension ValueKind where Value == LocationPattern {
    fileprivate static var locationPattern: ValueKind {
        ValueKind.scalar("a pattern such as ^/var/log/auth") { text throws(InvalidValue) in
            guard text.utf8.count <= 20_480 else {
                throw .because("is longer than the 20480 bytes that integratord takes")
            }
            return LocationPattern(text)
        } write: {
            $0.text
        }.warning { pattern in
            let text = pattern.text.hasPrefix("!") ? pattern.text.dropFirst() : pattern.text[...]
            if text.split(separator: "|", omittingEmptySubsequences: false).contains("") {
                return "an empty alternative in \(pattern.text.quotedForMessage) matches every location"
            }
            if text.contains(where: { "!*+?[]\\".contains($0) }) {
                return
                    "\(pattern.text.quotedForMessage): only ^ $ | and a leading ! have a meaning, the rest is plain text"
            }
            return nil
        }
    }
}

extension ValueKind where Value == AddressRange {
    static var addressRange: ValueKind {
        .scalar("an address or a network such as 8.8.8.0/24, no bit set behind its length") {
            text throws(InvalidValue) in
            guard let range = AddressRange(text.trimmed) else { throw .mismatch }
            return range
        } write: {
            $0.description
        }
    }
}

extension ValueKind where Value == Set<String> {
    static var tags: ValueKind {
        ValueKind<[String]>.list(of: .name("a tag such as tor", atMost: 64) { $0.value >= 0x20 && $0.value != 0x7F })
            .map({ Set($0) }, back: { $0.sorted() })
    }
}
