import Foundation
import Glibc

/// A real Redis server of a test's own, on a Unix socket in its own folder; the program is Debian's, from redis-tools, where it
/// goes by another name.
package final class RedisServer: @unchecked Sendable {
    package let folder: TemporaryFolder
    private let arguments: [String]
    // Unchecked: a test uses it from one task at a time.
    private var process: RunningProgram?

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
            ["--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--loglevel", "warning"]
                + arguments,
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
        let place = try LoopbackServer { _ in }
        let port = Int(place.port)
        place.stop()
        let server = try await RedisServer([
            "--bind", "127.0.0.1", "--tls-port", "\(port)", "--tls-cert-file", certificates["server.pem"],
            "--tls-key-file", certificates["server.key"], "--tls-ca-cert-file", certificates["ca.pem"],
            "--tls-auth-clients", "no",
        ])
        let authority = try server.folder.write("ca.pem", try certificates.read("ca.pem"))
        return (server, port, authority)
    }

    /// SIGKILL: nothing is saved.
    package func kill() async throws {
        process?.send(SIGKILL)
        _ = try await process?.exitStatus()
        process = nil
        unlink(folder["own.sock"])
    }

    package func signal(_ signal: Int32) { process?.send(signal) }

    /// From now on clients find another server here.
    package func hand(over other: RedisServer) {
        unlink(path)
        symlink(other.folder["own.sock"], path)
    }

    package var socket: String { folder["own.sock"] }

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

    package struct Refused: Error, CustomStringConvertible {
        package let description: String
    }
}
