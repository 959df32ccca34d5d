import Dispatch
import Foundation
import Support
import Testing

@testable import VTEnrich

@Suite struct `Connection to Redis` {
    @Test(arguments: [
        ("redis://h", "h", 6_379, false, 0), ("rediss://h:7000/3", "h", 7_000, true, 3),
        ("redis://user@[2001:db8::1]:1", "2001:db8::1", 1, false, 0),
    ])
    func `addresses are understood`(text: String, host: String, port: Int, isTLS: Bool, database: Int) throws {
        let address = try RedisAddress(text)
        #expect(address.place == .host(host, port: port, isTLS: isTLS) && address.database == database)
    }

    @Test(arguments: ["http://h", "redis://", "unix://relative", "redis://h/x", "redis://h:0", "", "unix:///a?b=c"])
    func `what is no address is refused`(text: String) {
        #expect(throws: RedisAddress.Refusal.noAddress) { try RedisAddress(text) }
    }

    @Test func `a password in the address is refused`() {
        #expect(throws: RedisAddress.Refusal.hasPassword) { try RedisAddress("redis://u:p@h") }
    }

    /// Connects and asks on a queue of its own, since that blocks.
    private func ask(_ url: String, ca: String? = nil) async throws -> Result<RedisReply, RedisFailure> {
        let settings = RedisConnection.Settings(
            address: try RedisAddress(url), password: nil, caFile: ca, patience: 3)
        return await withCheckedContinuation { continuation in
            DispatchQueue(label: "redis test").async {
                continuation.resume(
                    returning: Result { () throws(RedisFailure) in
                        try RedisConnection(settings).exchange(["ECHO", String(repeating: "long ", count: 40_000)])
                    })
            }
        }
    }

    @Test func `rediss takes a server that a trusted authority vouches for, and no other`() async throws {
        let (server, port, authority) = try await RedisServer.withTLS()
        let good = try await ask("rediss://localhost:\(port)", ca: authority).get()
        #expect(good.text?.utf8.count == 200_000)
        _ = try await ask("rediss://127.0.0.1:\(port)", ca: authority).get()
        let unknown = try await ask("rediss://127.0.0.1:\(port)")
        #expect("\(unknown)".contains("certificate is not accepted"))
        let plain = try await ask("redis://127.0.0.1:\(port)")
        #expect(throws: RedisFailure.self) { try plain.get() }
        withExtendedLifetime(server) {}
    }

    @Test func `a silent server and one that is not there are told apart, within the time limit`() async throws {
        let silent = try LoopbackServer { _ in Thread.sleep(forTimeInterval: 8) }
        #expect("\(try await ask("redis://127.0.0.1:\(silent.port)"))".contains("no answer within 3 s"))
        silent.stop()
        #expect("\(try await ask("redis://127.0.0.1:\(silent.port)"))".contains("refused"))
        #expect("\(try await ask("unix:///nowhere/redis.sock"))".contains("cannot connect"))
    }
}
