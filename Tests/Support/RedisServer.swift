import Foundation
import Glibc

/// A real Redis server of a test's own, on a Unix socket in its own folder; the program is Debian's, from redis-tools, where it
/// goes by another name.
package final class RedisServer: @unchecked Sendable {
    package let folder: TemporaryFolder
    private let arguments: [String]
    // Unchecked: a test uses them from one task at a time.
    private var process: RunningProgram?
    package private(set) var replica: RedisServer?

    /// - Parameter arguments: of `redis-server`, over no persistence and no port.
    package init(_ arguments: [String] = []) async throws {
        folder = try TemporaryFolder()
        self.arguments = arguments
        try await start()
    }

    /// Where clients connect; a link, so that another server can take its place.
    package var path: String { folder["redis.sock"] }
    package var url: String { "unix://\(path)" }

    package func start() async throws {
        let link = folder["redis-server"]
        symlink("/usr/bin/redis-check-rdb", link)
        let socket = folder["own.sock"]
        process = try Program(at: link).start(
            [
                "--port", "0", "--bind", "127.0.0.1", "--unixsocket", socket, "--dir", folder.path, "--save", "",
                "--loglevel", "warning",
            ] + arguments,
            in: folder.path, output: folder["out"], errors: folder["err"])
        unlink(path)
        symlink(socket, path)
        try await eventually("redis answers: \((try? folder.read("out")) ?? "")", within: 60) {
            try await self.send("PING", allowsError: true) != ""
        }
    }

    /// A server that speaks TLS alone at a port of 127.0.0.1, with a certificate by `ca.pem` in its folder.
    package static func withTLS() async throws -> (server: RedisServer, port: Int, authority: String) {
        let certificates = try TemporaryFolder()
        try await TLSServer.makeCertificates(.none, in: certificates)
        let port = try freePort()
        let server = try await RedisServer([
            "--tls-port", "\(port)", "--tls-cert-file", certificates["server.pem"],
            "--tls-key-file", certificates["server.key"], "--tls-ca-cert-file", certificates["ca.pem"],
            "--tls-auth-clients", "no",
        ])
        let authority = try server.folder.write("ca.pem", try certificates.read("ca.pem"))
        return (server, port, authority)
    }

    /// Redis chooses none itself.
    private static func freePort() throws -> Int {
        let place = try LoopbackServer { _ in }
        defer { place.stop() }
        return Int(place.port)
    }

    /// SIGKILL: nothing is saved.
    package func kill() async throws {
        process?.send(SIGKILL)
        _ = try await process?.exitStatus()
        process = nil
        unlink(folder["own.sock"])
    }

    package func signal(_ signal: Int32) { process?.send(signal) }

    /// What `redis-cli` prints.
    @discardableResult
    package func send(_ words: String..., password: String? = nil, allowsError: Bool = false) async throws -> String {
        let login = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        let output = try await Program(at: "/usr/bin/redis-cli").run(["-s", folder["own.sock"]] + login + words)
        let text = output.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
        guard allowsError || (output.status == 0 && !text.hasPrefix("ERR")) else {
            throw Refused(description: "\(words.joined(separator: " ")): \(text) \(output.standardError)")
        }
        return text
    }

    // MARK: A replica

    /// Starts a second server that follows this one by a port of 127.0.0.1; returns when it has all that this one had.
    package func startReplica() async throws {
        let port = try Self.freePort()
        try await send("CONFIG", "SET", "port", "\(port)", "repl-diskless-sync-delay", "0")
        let replica = try await RedisServer(["--replicaof", "127.0.0.1", "\(port)"])
        let needed = Int(try await replication()["master_repl_offset"] ?? "") ?? .max
        try await eventually("the replica has all", within: 60) {
            let its = try await replica.replication()
            return its["master_link_status"] == "up" && Int(its["slave_repl_offset"] ?? "") ?? 0 >= needed
        }
        self.replica = replica
    }

    /// The replica looks for its primary where nobody is: what this server takes from now on, the replica never has.
    package func cutOffReplica() async throws {
        try await replica?.send("REPLICAOF", "127.0.0.1", "9")
    }

    /// This server dies, the replica is promoted, and clients find it here.
    package func promoteReplica() async throws {
        guard let replica else { return }
        try await kill()
        try await replica.send("REPLICAOF", "NO", "ONE")
        unlink(path)
        symlink(replica.folder["own.sock"], path)
    }

    private func replication() async throws -> [String: String] {
        let lines = try await send("INFO", "replication").split(whereSeparator: \.isNewline)
        let pairs = lines.map { $0.split(separator: ":", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }
        return Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }
    }

    package struct Refused: Error, CustomStringConvertible {
        package let description: String
    }
}
