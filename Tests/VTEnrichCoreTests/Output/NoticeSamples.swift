import VTEnrichCore

/// Notices as the outbox holds them.
enum NoticeSample {
    static let now = 1_772_445_600.0

    /// What no receiver must take for more than text.
    static let hostile = """
        </pre><script>alert(1)</script> ```\n# Heading\n![x](http://evil.example/x.png) [y](javascript:alert) <!channel> \
        & <http://evil.example|bank> \"},{\" \\ \u{202E}gnp.exe ````` \r\nBcc: all@example.org\r\n\r\nbody | a:b
        """

    static func source(_ text: String? = nil, address: String = "110.35.80.116", level: Int? = 10) -> EventSource {
        EventSource(
            eventID: "0123456789abcdef0123456789abcdef", address: IPAddress(address)!, alertID: "1753101678.8211",
            timestamp: "2025-07-21T12:41:18.157+0000", ruleID: "100200", level: level,
            ruleDescription: text ?? "SSH Brute Force on Honeypot", ruleGroups: ["honeypot", text ?? "sshd"],
            agent: Alert.Agent(id: "007", name: text ?? "honeypot", ip: "10.0.0.7"), manager: "manager",
            location: text ?? "/var/log/auth.log",
            fullLog: text ?? "Failed password for root from \(address) port 22")
    }

    static func facts(malicious: Int, text: String? = nil) -> ReputationFacts {
        ReputationFacts(
            stats: .init(malicious: malicious, suspicious: 0, harmless: 60, undetected: 30 - malicious, total: 90),
            enginesMalicious: malicious, reputation: -25, tags: [text ?? "scanner", "brute-force"],
            lastAnalysisDate: 1_772_400_000, country: "CN", owner: text ?? "Alibaba Cloud Computing", asn: "45102",
            network: "110.35.80.0/24")
    }

    static func body(malicious: Int, text: String? = nil, address: String = "110.35.80.116") -> [UInt8] {
        let source = source(text, address: address)
        let event = EnrichedEvent.make(
            source, .found(facts(malicious: malicious, text: text)), pivot: nil, cache: .init(isHit: true), now: now,
            settings: VerdictSettings())
        return OutputNotice.make(source, event: event, day: UTCDate(wall: now))
    }

    static func notice(malicious: Int, text: String? = nil, address: String = "110.35.80.116") -> OutputNotice {
        OutputNotice(body(malicious: malicious, text: text, address: address))!
    }
}
