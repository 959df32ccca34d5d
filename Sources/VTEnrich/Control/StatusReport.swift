package import Foundation

/// The answer of `status --json` (contract §4). What is not known is null, never left out.
package struct StatusReport: Codable, Sendable, Equatable {
    package enum Health: String, Codable, Sendable {
        case healthy, degraded, failing, stopped
    }

    package struct Config: Codable, Sendable, Equatable {
        package var path: String
        @OrNull package var loadedAt: String?
        /// `applied`, or why the last reload was refused.
        @OrNull package var lastReload: String?
    }

    package struct Follower: Codable, Sendable, Equatable {
        package var path: String
        @OrNull package var offset: Int?
        @OrNull package var size: Int?
        @OrNull package var lagBytes: Int?
        package var linesRead = 0
        package var matched = 0
        package var withoutAddress = 0
        package var malformed = 0
        package var oversize = 0
        package var ownEvents = 0
        package var rotations = 0
        package var truncations = 0
        package var bytesLost = 0
        @OrNull package var partialBytes: Int?
        @OrNull package var waitingForFile: Bool?
        @OrNull package var polling: Bool?
        /// Reading waits because `queue.max_pending` alerts do.
        @OrNull package var paused: Bool?
    }

    package struct Queue: Codable, Sendable, Equatable {
        package var pending = 0
        package var waitingIps = 0
        @OrNull package var oldestSeconds: Int?
        @OrNull package var clearsAt: String?
        /// Waiting alerts by how long the oldest one of their address waits.
        @OrNull package var ages: [String: Int]?
    }

    package struct Window: Codable, Sendable, Equatable {
        package var used = 0
        package var limit = 0
        @OrNull package var resetsAt: String?
    }

    package struct Quota: Codable, Sendable, Equatable {
        package var minute = Window()
        package var day = Window()
        package var month = Window()
        /// Of the day's requests, what others sent with the same key, as far as VirusTotal told.
        @OrNull package var dayByOthers: Int?
        /// What VirusTotal itself counted today when it was last asked.
        @OrNull package var serverDayUsed: Int?
        /// VirusTotal's last 429 still holds.
        @OrNull package var closed: Bool?
    }

    package struct Cache: Codable, Sendable, Equatable {
        package var entries = 0
        package var hits = 0
        package var misses = 0
        package var staleServed = 0
        package var byVerdict: [String: Int] = [:]
    }

    package struct Provider: Codable, Sendable, Equatable {
        @OrNull package var state: String?
        @OrNull package var lastOk: String?
        @OrNull package var lastError: String?
        @OrNull package var latencyMsP50: Double?
        @OrNull package var latencyMsP95: Double?
        @OrNull package var inFlight: Int?
        /// This key may not ask for communicating files.
        @OrNull package var pivotRefused: Bool?
    }

    /// A source beside VirusTotal.
    package struct Source: Codable, Sendable, Equatable {
        package var day = Window()
        /// Until when it takes nothing more; null: it does.
        @OrNull package var closedUntil: String?
        /// Why the last request gave nothing.
        @OrNull package var lastError: String?
    }

    package struct Sink: Codable, Sendable, Equatable {
        package var waiting = 0
        package var sent = 0
        package var confirmed = 0
        package var unconfirmed = 0
        package var repeated = 0
        package var retries = 0
        package var dropped = 0
        /// Of an output: left without an answer; given up; not made, since it was told of the address that day.
        @OrNull package var unanswered: Int?
        @OrNull package var deadLetters: Int?
        @OrNull package var suppressed: Int?
        @OrNull package var lastError: String?
    }

    /// The managers that share the key (`cluster.redis`).
    package struct Cluster: Codable, Sendable, Equatable {
        package var redis: String
        package var connected: Bool
        /// Since when it is connected or not.
        package var since: String
        /// How requests are counted now: `shared`, `own_share` (the server or most nodes are away), or `waiting` (nothing is sent
        /// until nobody else can be using what this node would use).
        package var quota: String
        package var nodesConfigured: Int
        @OrNull package var nodesPresent: Int?
        package var nodes: [ClusterNode]
        /// What a node may spend on its own.
        package var share: ClusterShare
        /// From when it may; null: now, or not needed.
        @OrNull package var shareFrom: String?
        @OrNull package var lastError: String?
    }

    package struct ClusterNode: Codable, Sendable, Equatable {
        package var id: String
        /// The host's name.
        package var name: String
        package var isThis: Bool
        package var present: Bool
        /// Requests of this UTC day and month.
        package var day: Int
        package var month: Int
        @OrNull package var lastSeen: String?
    }

    package struct ClusterShare: Codable, Sendable, Equatable {
        package var minute: Int
        package var day: Int
        package var month: Int
    }

    package var health: Health
    package var version: String
    @OrNull package var pid: Int?
    @OrNull package var uptimeSeconds: Int?
    /// Lines that standard error did not take.
    @OrNull package var logLinesLost: Int?
    package var config: Config
    package var follower: Follower
    package var queue = Queue()
    package var quota = Quota()
    /// null: this manager is alone.
    @OrNull package var cluster: Cluster?
    package var cache = Cache()
    package var provider = Provider()
    /// null: it is not asked (`abuseipdb.api_key_file`).
    @OrNull package var abuseipdb: Source?
    package var output: [String: Sink] = [:]
    /// What keeps it from being healthy, in the operator's words.
    package var problems: [String] = []

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    package static func read(_ json: Data) throws -> StatusReport {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(StatusReport.self, from: json)
    }
}

/// An optional that is written as null, where Codable would leave the key out.
@propertyWrapper
package struct OrNull<Value: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

extension KeyedDecodingContainer {
    /// A report of an older daemon lacks the younger keys.
    package func decode<Value>(_ type: OrNull<Value>.Type, forKey key: Key) throws -> OrNull<Value> {
        try decodeIfPresent(type, forKey: key) ?? OrNull(wrappedValue: nil)
    }
}
