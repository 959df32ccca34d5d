import CHiredis
import Glibc

/// One connection to a Redis or Valkey server: hiredis connects, writes the protocol and reads it; bytes go out and come in here,
/// each exchange within a time limit as a whole, over TLS where asked.
///
/// Blocks up to its limits, so it lives on the queue of its owner. After a failure that is no refusal it is of no more use.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    private let tls: RedisTLS?
    private let patience: Double

    struct Settings {
        var address: RedisAddress
        var password: String?
        /// Only the authorities in this file are trusted; nil takes the system's.
        var caFile: String?
        /// Seconds for connecting, and for each exchange.
        var patience: Double
    }

    /// Connected, logged in, with the database chosen.
    init(_ settings: Settings) throws(RedisFailure) {
        patience = settings.patience
        context = try Self.connect(settings)
        do throws(RedisFailure) {
            if case .host(let host, _, isTLS: true) = settings.address.place {
                tls = try RedisTLS(
                    descriptor: context.pointee.fd, host: host, caFile: settings.caFile,
                    deadline: monotonic() + settings.patience)
            } else {
                tls = nil
            }
        } catch {
            redisFree(context)
            throw error
        }
        try logIn(settings)
    }

    deinit {
        // Before the descriptor goes.
        tls?.close()
        redisFree(context)
    }

    private static func connect(_ settings: Settings) throws(RedisFailure) -> UnsafeMutablePointer<redisContext> {
        let made =
            switch settings.address.place {
            case .host(let host, let port, _): redisConnectNonBlock(host, Int32(port))
            case .socket(let path): redisConnectUnixNonBlock(path)
            }
        guard let made else { throw RedisFailure("no memory for a connection") }
        do throws(RedisFailure) {
            guard made.pointee.err == 0 else {
                let cause = withUnsafeBytes(of: made.pointee.errstr) { $0.prefix { $0 != 0 } + [] }
                throw RedisFailure("cannot connect: \(printable(String(decoding: cause, as: UTF8.self)))")
            }
            guard poll(made.pointee.fd, Int16(POLLOUT), until: monotonic() + settings.patience) else {
                throw RedisFailure("cannot connect: no answer within \(Int(settings.patience)) s")
            }
            var (code, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
            getsockopt(made.pointee.fd, SOL_SOCKET, SO_ERROR, &code, &size)
            guard code == 0 else { throw RedisFailure("cannot connect: \(String(cString: strerror(code)))") }
            return made
        } catch {
            redisFree(made)
            throw error
        }
    }

    private func logIn(_ settings: Settings) throws(RedisFailure) {
        if let password = settings.password {
            let names = settings.address.user.map { [$0] } ?? []
            if case .error(let cause) = try exchange(["AUTH"] + names + [password]) {
                throw RedisFailure("the login is refused: \(cause) (cluster.password_file)")
            }
        }
        if settings.address.database != 0,
            case .error(let cause) = try exchange(["SELECT", "\(settings.address.database)"])
        {
            throw RedisFailure("database \(settings.address.database) is refused: \(cause)")
        }
    }

    /// Sends one command and waits for its answer.
    func exchange(_ command: [String]) throws(RedisFailure) -> RedisReply {
        let deadline = monotonic() + patience
        try send(Self.bytes(of: command), until: deadline)
        while true {
            if let reply = try nextReply() { return reply }
            try receive(until: deadline)
        }
    }

    private static func bytes(of command: [String]) throws(RedisFailure) -> [UInt8] {
        let words = command.map { Array($0.utf8CString) }
        var target: UnsafeMutablePointer<CChar>?
        var pointers: [UnsafePointer<CChar>?] = []
        var lengths: [Int] = []
        let storage = words.map { word in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.count)
            copy.initialize(from: word, count: word.count)
            return copy
        }
        defer { for copy in storage { copy.deallocate() } }
        for (copy, word) in zip(storage, words) {
            pointers.append(UnsafePointer(copy))
            lengths.append(word.count - 1)
        }
        let count = redisFormatCommandArgv(&target, Int32(words.count), &pointers, lengths)
        guard count >= 0, let target else { throw RedisFailure("no memory for a command") }
        defer { redisFreeCommand(target) }
        return Array(UnsafeRawBufferPointer(start: target, count: Int(count)))
    }

    private func nextReply() throws(RedisFailure) -> RedisReply? {
        var raw: UnsafeMutableRawPointer?
        guard redisReaderGetReply(context.pointee.reader, &raw) == REDIS_OK else {
            throw RedisFailure("the answer is not of the Redis protocol")
        }
        guard let raw else { return nil }
        defer { freeReplyObject(raw) }
        return RedisReply(raw.assumingMemoryBound(to: redisReply.self))
    }

    private func send(_ bytes: [UInt8], until deadline: Double) throws(RedisFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { rest in
                tls?.write(rest) ?? Glibc.send(context.pointee.fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else {
                try wait(for: POLLOUT, after: count, until: deadline)
            }
        }
    }

    private func receive(until deadline: Double) throws(RedisFailure) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes { space in
            tls?.read(space) ?? recv(context.pointee.fd, space.baseAddress, space.count, 0)
        }
        guard count > 0 else { return try wait(for: POLLIN, after: count, until: deadline) }
        let isFed = buffer.withUnsafeBytes { bytes in
            redisReaderFeed(context.pointee.reader, bytes.bindMemory(to: CChar.self).baseAddress, count) == REDIS_OK
        }
        guard isFed else { throw RedisFailure("the answer is not of the Redis protocol") }
    }

    /// After a call that moved nothing: waits until it may, or throws what keeps it.
    private func wait(for event: Int32, after count: Int, until deadline: Double) throws(RedisFailure) {
        var events = Int16(event)
        if let tls {
            guard let wanted = tls.wanted(after: count) else { throw RedisFailure("the connection ended (TLS)") }
            events = wanted
        } else if count == 0 {
            throw RedisFailure("the server closed the connection")
        } else if errno != EAGAIN, errno != EINTR {
            throw RedisFailure("the connection ended: \(errnoText())")
        }
        guard poll(context.pointee.fd, events, until: deadline) else {
            throw RedisFailure("no answer within \(Int(patience)) s")
        }
    }
}

/// CLOCK_MONOTONIC, seconds.
func monotonic() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// False when the time is over.
func poll(_ descriptor: Int32, _ events: Int16, until deadline: Double) -> Bool {
    while true {
        let left = deadline - monotonic()
        guard left > 0 else { return false }
        var place = pollfd(fd: descriptor, events: events, revents: 0)
        let count = Glibc.poll(&place, 1, Int32(left * 1_000) + 1)
        if count > 0 { return true }
        if count < 0, errno != EINTR { return true }
    }
}
