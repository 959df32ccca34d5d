import VTEnrichCore

extension KeyTable<Configuration> {
    private static let day = 86_400.0

    /// Every key of the file with its range (contract §2), in the order of `check --print`. The default is what
    /// `Configuration()` holds.
    static var configuration: KeyTable {
        KeyTable(
            fields: alerts + selection + virusTotal + abuseIPDB + cacheAndQueue + verdict + output + cluster + service,
            switches: ["output.analysisd": { $0.analysisd = nil }])
    }

    private static var alerts: [Field<Configuration>] {
        [
            Field("alerts.path", \.alerts.path, .path, isFixed: true),
            Field("alerts.start", \.alerts.start, .choice),
            Field("alerts.max_line_bytes", \.alerts.maxLineBytes, .size(1_024...64 << 20)),
            Field("alerts.max_catchup_age", \.alerts.maxCatchupAge, .duration(0...3_650 * day)),
        ]
    }

    private static var selection: [Field<Configuration>] {
        [
            Field("filters", \.selection.filters, .list(of: .filter(excludes: false))),
            Field("exclude", \.selection.exclude, .list(of: .filter(excludes: true))),
            Field("ip_fields", \.selection.addressFields, .list(of: .fieldPath, atLeast: 1, atMost: 100)),
            Field("allowlist", \.selection.allowlist, .list(of: .addressRange, atMost: 10_000)),
        ]
    }

    private static var virusTotal: [Field<Configuration>] {
        [
            Field("virustotal.url", \.virusTotal.url, .serviceURL),
            Field("virustotal.api_key_file", \.virusTotal.givenKeyFile, .optional(.path)),
            Field("virustotal.user", \.virusTotal.user, .optional(.accountName)),
            Field("virustotal.proxy", \.virusTotal.proxy, .optional(.proxyURL)),
            Field("virustotal.ca_file", \.virusTotal.caFile, .optional(.path)),
            Field("virustotal.quota.per_minute", \.virusTotal.quota.perMinute, .integer(0...100_000)),
            Field("virustotal.quota.per_day", \.virusTotal.quota.perDay, .integer(0...100_000_000)),
            Field("virustotal.quota.per_month", \.virusTotal.quota.perMonth, .integer(0...3_100_000_000)),
            Field("virustotal.quota.reserve", \.virusTotal.quota.reserve, .reserve),
            Field("virustotal.quota.reserve_level", \.virusTotal.quota.reserveLevel, .integer(0...16)),
            Field("virustotal.timeout", \.virusTotal.timeout, .duration(1...300)),
            Field("virustotal.pivot", \.virusTotal.pivot, .choice),
        ]
    }

    private static var abuseIPDB: [Field<Configuration>] {
        [
            Field("abuseipdb.api_key_file", \.abuseIPDB.apiKeyFile, .optional(.path)),
            Field("abuseipdb.url", \.abuseIPDB.url, .serviceURL), Field("abuseipdb.when", \.abuseIPDB.when, .choice),
            Field("abuseipdb.per_day", \.abuseIPDB.perDay, .integer(0...10_000_000)),
            Field("abuseipdb.max_age_days", \.abuseIPDB.maxAgeDays, .integer(1...365)),
            Field("abuseipdb.ttl", \.abuseIPDB.ttl, .duration(60...3_650 * day)),
            Field("abuseipdb.timeout", \.abuseIPDB.timeout, .duration(1...60)),
        ]
    }

    private static var cacheAndQueue: [Field<Configuration>] {
        [
            Field("cache.ttl.malicious", \.cache.malicious, .duration(1...3_650 * day)),
            Field("cache.ttl.suspicious", \.cache.suspicious, .duration(1...3_650 * day)),
            Field("cache.ttl.unknown", \.cache.unknown, .duration(1...3_650 * day)),
            Field("cache.ttl.not_found", \.cache.notFound, .duration(1...3_650 * day)),
            Field("cache.ttl.invalid", \.cache.invalid, .duration(1...3_650 * day)),
            Field("cache.max_stale", \.cache.maxStale, .duration(0...3_650 * day)),
            Field("queue.max_wait", \.queue.maxWait, .duration(1...30 * day)),
            Field("queue.max_pending", \.queue.maxPending, .integer(1...100_000_000)),
        ]
    }

    private static var verdict: [Field<Configuration>] {
        [
            Field("verdict.malicious_min", \.verdict.maliciousMin, .integer(1...1_000)),
            Field("verdict.reputation_bad_below", \.verdict.reputationBadBelow, .integer(-1_000_000...1_000_000)),
            Field("verdict.score_malicious_min", \.verdict.scoreMaliciousMin, .number(0...1_000)),
            Field("verdict.score_suspicious_min", \.verdict.scoreSuspiciousMin, .number(0...1_000)),
            Field("verdict.stale_days", \.verdict.staleDays, .number(0...36_500)),
            Field("verdict.risk_tags", \.verdict.riskTags, .tags),
            Field("verdict.abuseipdb.suspicious_min", \.verdict.abuse.suspiciousMin, .optional(.integer(1...100))),
            Field("verdict.abuseipdb.malicious_min", \.verdict.abuse.maliciousMin, .optional(.integer(1...100))),
            Field("severity.high_above", \.verdict.highAbove, .integer(0...1_000)),
            Field("severity.medium_above", \.verdict.mediumAbove, .integer(0...1_000)),
            Field("block.malicious_above", \.verdict.blockAbove, .integer(0...1_000)),
        ]
    }

    private static var output: [Field<Configuration>] {
        [
            Field("output.analysisd.socket", \.analysisdOrDefault.socket, .socketPath),
            Field("output.analysisd.location", \.analysisdOrDefault.location, .eventLocation),
            Field("output.analysisd.max_per_second", \.analysisdOrDefault.maxPerSecond, .integer(0...1_000_000)),
            Field("output.analysisd.confirm", \.analysisdOrDefault.confirm, .choice),
            Field("output.analysisd.confirm_after", \.analysisdOrDefault.confirmAfter, .duration(1...day)),
            Field("output.file", \.outputFile, .optional(.path)),
            Field("outputs", \.outputs, .list(of: .output, atMost: 50)),
        ]
    }

    private static var cluster: [Field<Configuration>] {
        [
            Field("cluster.redis", \.cluster.redis, .optional(.redisURL), isFixed: true),
            Field("cluster.prefix", \.cluster.prefix, .clusterPrefix, isFixed: true),
            Field("cluster.nodes", \.cluster.nodes, .integer(1...1_000), isFixed: true),
            Field("cluster.password_file", \.cluster.passwordFile, .optional(.path), isFixed: true),
            Field("cluster.ca_file", \.cluster.caFile, .optional(.path), isFixed: true),
        ]
    }

    private static var service: [Field<Configuration>] {
        [
            Field("state_dir", \.stateDirectory, .path, isFixed: true),
            Field("control_socket", \.controlSocket, .socketPath, isFixed: true),
            Field("log.level", \.logLevel, .choice),
            Field("log.format", \.logFormat, .choice),
        ]
    }
}

extension Configuration {
    /// What the keys of `output.analysisd` change; naming one of them switches it on.
    fileprivate var analysisdOrDefault: Analysisd {
        get { analysisd ?? Analysisd() }
        set { analysisd = newValue }
    }
}

extension Configuration.VirusTotal {
    /// nil: the file leaves the key's place to the credential, the environment or the default file.
    fileprivate var givenKeyFile: String? {
        get { apiKeyFileIsSet ? apiKeyFile : nil }
        set {
            apiKeyFileIsSet = newValue != nil
            apiKeyFile = newValue ?? Configuration.VirusTotal().apiKeyFile
        }
    }
}
