import Foundation

/// What the stand-in knows of an address: made of the address alone, so that every run gives the same answers, in the
/// shape and size of real ones (`virustotal.md` §1.2, §1.3).
package struct VirusTotalSample: Sendable {
    package enum Kind: String, Sendable { case malicious, suspicious, unknown, notFound }

    package let address: String
    package let kind: Kind
    /// Engines that say so, of 90 to 94.
    package let malicious: Int
    package let suspicious: Int
    package let harmless: Int
    package let undetected: Int
    package let reputation: Int
    package let ageDays: Int
    package let tags: [String]
    /// Communicating files of the first page, and those with five engines or more.
    package let files: Int
    package let strongFiles: Int
    private let owner: (name: String, asn: Int, country: String, continent: String, registry: String)

    package init(_ address: String) {
        self.address = address
        var dice = Dice(address)
        kind =
            switch dice.roll(0...99) {
            case ..<30: .malicious
            case ..<50: .suspicious
            case ..<96: .unknown
            default: .notFound
            }
        switch kind {
        case .malicious: (malicious, suspicious) = (dice.roll(3...24), dice.roll(0...5))
        case .suspicious: (malicious, suspicious) = (dice.roll(1...2), dice.roll(0...1))
        case .unknown, .notFound: (malicious, suspicious) = (0, 0)
        }
        undetected = dice.roll(20...34)
        harmless = dice.roll(90...94) - malicious - suspicious - undetected
        reputation = kind == .malicious ? -dice.roll(0...40) : dice.roll(0...3)
        ageDays = dice.roll(0...30)
        tags = malicious > 0 && dice.roll(1...8) == 1 ? ["tor"] : []
        files = dice.roll(0...10)
        strongFiles = kind == .malicious ? min(files, 4) : min(files, [0, 0, 1, 3][dice.roll(0...3)])
        owner = Self.owners[dice.roll(0...(Self.owners.count - 1))]
    }

    private static let owners = [
        ("HURRICANE", 6939, "US", "NA", "ARIN"), ("DIGITALOCEAN-ASN", 14061, "NL", "EU", "RIPE NCC"),
        ("Chinanet", 4134, "CN", "AS", "APNIC"), ("OVH SAS", 16276, "FR", "EU", "RIPE NCC"),
        ("Viettel Group", 7552, "VN", "AS", "APNIC"), ("Telefonica Brasil S.A", 27699, "BR", "SA", "LACNIC"),
        ("Hetzner Online GmbH", 24940, "DE", "EU", "RIPE NCC"), ("Telecom Egypt", 8452, "EG", "AF", "AFRINIC"),
        ("Owner \"quoted\", Ltd.", 64496, "GB", "EU", "RIPE NCC"),
    ].map { (name: $0.0, asn: $0.1, country: $0.2, continent: $0.3, registry: $0.4) }

    /// The body of `GET /ip_addresses/{ip}`.
    package func answer(now: Double) -> Reply {
        guard kind != .notFound else {
            return .error(404, "NotFoundError", "IP address \"\(address)\" not found")
        }
        let analysed = (Int(now) / 86_400 - ageDays) * 86_400
        var attributes: [String: Any] = [
            "last_analysis_stats": [
                "malicious": malicious, "suspicious": suspicious, "harmless": harmless, "undetected": undetected,
                "timeout": 0,
            ],
            "last_analysis_results": results, "last_analysis_date": analysed, "last_modification_date": analysed + 60,
            "reputation": reputation,
            "total_votes": ["harmless": max(0, reputation), "malicious": max(0, -reputation)],
            "tags": tags, "asn": owner.asn, "as_owner": owner.name, "country": owner.country,
            "continent": owner.continent, "regional_internet_registry": owner.registry,
            "whois": String(repeating: "remarks: \(owner.name), abuse mailbox on request\n", count: 40),
            "whois_date": analysed,
        ]
        attributes["network"] = network
        return .json([
            "data": [
                "id": address, "type": "ip_address", "attributes": attributes,
                "links": ["self": "https://www.virustotal.com/api/v3/ip_addresses/\(address)"],
            ]
        ])
    }

    private var network: String? {
        let octets = address.split(separator: ".")
        return octets.count == 4 ? octets[..<3].joined(separator: ".") + ".0/24" : nil
    }

    private var results: [String: Any] {
        let verdicts =
            Array(repeating: ("malicious", "malware"), count: malicious)
            + Array(repeating: ("suspicious", "suspicious"), count: suspicious)
            + Array(repeating: ("harmless", "clean"), count: harmless)
            + Array(repeating: ("undetected", "unrated"), count: undetected)
        var results: [String: Any] = [:]
        for (index, (category, result)) in verdicts.enumerated() {
            let name = "Engine \(index + 1)"
            results[name] = ["category": category, "engine_name": name, "method": "blacklist", "result": result]
        }
        return results
    }

    /// The body of `GET /ip_addresses/{ip}/communicating_files`, with an entry that VirusTotal could not resolve among
    /// them: it counts as a file and not as a strong one (`virustotal.md` §4).
    package func filesAnswer(limit: Int) -> Reply {
        let members = (0..<min(files, limit)).map { index -> [String: Any] in
            let id = String(repeating: String(index, radix: 16), count: 64)
            guard index < strongFiles || index != files - 1 else {
                return ["id": id, "type": "file", "error": ["code": "NotFoundError", "message": "not found"]]
            }
            let stats = ["malicious": index < strongFiles ? 40 : 1, "undetected": 30, "type-unsupported": 5]
            return ["id": id, "type": "file", "attributes": ["last_analysis_stats": stats]]
        }
        return .json(["data": members, "meta": ["count": files], "links": [:] as [String: String]])
    }
}

/// Chance that depends on a text alone: FNV-1a for the seed, then splitmix64.
private struct Dice {
    private var state: UInt64

    init(_ text: String) {
        state = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func roll(_ range: ClosedRange<Int>) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return range.lowerBound + Int((mixed ^ (mixed >> 31)) % UInt64(range.count))
    }
}
