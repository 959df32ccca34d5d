import Foundation
import VTEnrichCore

/// What a node says to `QuotaScript`; the names are the script's. Times are milliseconds.
struct QuotaRequest: Encodable {
    enum Operation: String, Encodable {
        case join, beat, reserve, finish, close, open, learn, reject, accept, notice, leave
    }

    var op: Operation
    var node: String
    /// The run of the program: tokens of an earlier one have no request any more.
    var inc: String
    var name: String
    /// By the server's clock; a message that is read later is not obeyed.
    var deadline: Int64
    var nodes: Int
    var perMinute: Int
    var perDay: Int
    var perMonth: Int
    var shareMinute: Int
    var shareDay: Int
    var shareMonth: Int
    var lease = Int(ClusterStanding.lease * 1_000)
    var hold = Int(MinuteLog.hold * 1_000)
    /// `ClusterStanding.inFlight`.
    var inflight: Int
    /// Our own count of this date and its month; for `reserve` with the request in question.
    var date: String
    var day: Int
    var month: Int
    var key: String?

    // join
    var held: [String: Int] = [:]
    var unknown = 0
    var known: [String: Int] = [:]
    var noticed: String?
    var rejected: String?
    var closed: Int64 = 0
    // reserve, finish
    var ticket: String?
    var reserved = 0
    var sent = false
    var left = 0
    // learn
    var serverDay = 0
    var serverMonth = 0
}

struct QuotaReply: Decodable, Sendable {
    struct Node: Decodable, Sendable {
        var name: String
        var present: Bool
        var seen: Double
        var day: Int
        var month: Int
    }

    struct Count: Decodable, Sendable {
        var day: Int
        var month: Int
    }

    var now: Double
    /// The message came too late and was not obeyed.
    var late: Bool?
    /// The server does not know us: join first.
    var join: Bool?
    var grant: String?
    var next: Double?
    var notice: Bool?
    var timeout: Double?
    var minute: Int?
    var day: Int?
    var month: Int?
    var others: Int?
    var date: String?
    var present: Int?
    var quiet: Double?
    var closed: Double?
    var rejected: String?
    var noticed: String?
    /// When the next token comes back.
    var free: Double?
    var majority: Bool?
    var mine: Count?
    var spent: [String: Int]?
    var nodes: [String: Node]?
}
