import CHiredis

/// An answer of the server, copied out of hiredis.
enum RedisReply: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case list([RedisReply])
    case null
    /// The server refuses the command: `NOSCRIPT …`, `OOM …`, `WRONGPASS …`.
    case error(String)

    init(_ reply: UnsafePointer<redisReply>) {
        let value = reply.pointee
        switch value.type {
        case REDIS_REPLY_INTEGER: self = .integer(Int(value.integer))
        case REDIS_REPLY_ERROR: self = .error(Self.text(value))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .text(Self.text(value))
        case REDIS_REPLY_ARRAY:
            self = .list((0..<value.elements).map { value.element[$0].map { RedisReply($0) } ?? .null })
        default: self = .null
        }
    }

    private static func text(_ value: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: value.str, count: value.len), as: UTF8.self)
    }

    var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }

    var list: [RedisReply]? {
        if case .list(let list) = self { return list }
        return nil
    }
}

/// Why the server cannot be used at the moment, for log and status: never with the password.
struct RedisFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server answered, and refuses: another attempt on the same connection may do.
    var isRefusal = false
    var description: String

    init(_ description: String, isRefusal: Bool = false) {
        self.description = description
        self.isRefusal = isRefusal
    }
}
