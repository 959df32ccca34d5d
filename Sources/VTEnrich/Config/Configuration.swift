package import VTEnrichCore

/// The whole configuration as one immutable value, every default filled in (contract §2).
package struct Configuration: Sendable, Equatable {
    package struct Alerts: Sendable, Equatable {
        package enum Start: String, Sendable, CaseIterable { case end, beginning }
        package var path = "/var/ossec/logs/alerts/alerts.json"
        package var start = Start.end
        package var maxLineBytes = 4 * 1024 * 1024
        /// Seconds.
        package var maxCatchupAge: Double = 3 * 86_400

        package init() {}
    }

    package enum Pivot: String, Sendable, CaseIterable { case off, auto, always }

    package struct VirusTotal: Sendable, Equatable {
        package var url = "https://www.virustotal.com"
        package var apiKeyFile = "/etc/vtenrichd/virustotal.key"
        /// Whether the file names `api_key_file` itself: only then does it win over the credential and the environment.
        package var apiKeyFileIsSet = false
        package var user: String?
        package var proxy: String?
        package var caFile: String?
        package var quota = QuotaLimits()
        /// Seconds, for the whole request.
        package var timeout: Double = 15
        package var pivot = Pivot.auto

        package init() {}
    }

    /// The second source; off without a key file. Proxy and authorities are VirusTotal's.
    package struct AbuseIPDB: Sendable, Equatable {
        package enum When: String, Sendable, CaseIterable { case always, borderline, malicious }

        package var apiKeyFile: String?
        package var url = "https://api.abuseipdb.com"
        package var when = When.borderline
        package var perDay = 1_000
        /// Of the reports that count.
        package var maxAgeDays = 90
        /// Seconds.
        package var ttl: Double = 86_400
        package var timeout: Double = 10

        package init() {}
    }

    /// Seconds.
    package struct Cache: Sendable, Equatable {
        package var malicious: Double = 86_400
        package var suspicious: Double = 43_200
        package var unknown: Double = 86_400
        package var notFound: Double = 86_400
        package var invalid: Double = 7 * 86_400
        package var maxStale: Double = 7 * 86_400

        package init() {}
    }

    package struct Queue: Sendable, Equatable {
        /// Seconds from acceptance by the daemon.
        package var maxWait: Double = 6 * 3_600
        package var maxPending = 1_000_000

        package init() {}
    }

    package struct Analysisd: Sendable, Equatable {
        package enum Confirm: String, Sendable, CaseIterable { case off, auto, on }
        package var socket = "/var/ossec/queue/sockets/queue"
        package var location = "virustotal_ip"
        /// 0: no limit.
        package var maxPerSecond = 5_000
        package var confirm = Confirm.auto
        /// Seconds.
        package var confirmAfter: Double = 60

        package init() {}
    }

    /// Several managers with one key.
    package struct Cluster: Sendable, Equatable {
        /// `RedisAddress`; nil: this manager is alone.
        package var redis: String?
        package var prefix = "vtenrich"
        /// How many managers share the key.
        package var nodes = 1
        package var passwordFile: String?
        package var caFile: String?

        package init() {}
    }

    package enum LogLevel: String, Sendable, CaseIterable { case debug, info, notice, warning, error }
    package enum LogFormat: String, Sendable, CaseIterable { case text, json }

    package var alerts = Alerts()
    package var selection = SelectionSettings()
    package var virusTotal = VirusTotal()
    package var abuseIPDB = AbuseIPDB()
    package var cache = Cache()
    package var queue = Queue()
    package var verdict = VerdictSettings()
    /// nil: nothing is sent to analysisd (`output.analysisd: null`).
    package var analysisd: Analysisd? = Analysisd()
    package var outputFile: String?
    /// Receivers beside analysisd.
    package var outputs: [OutputSettings] = []
    package var cluster = Cluster()
    package var stateDirectory = "/var/lib/vtenrichd"
    package var controlSocket = "/run/vtenrichd/control.sock"
    package var logLevel = LogLevel.info
    package var logFormat = LogFormat.text

    package init() {}
}
