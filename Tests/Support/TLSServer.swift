import Foundation

/// `openssl s_server` with certificates made at test time: a server whose TLS can be wrong (T24).
package final class TLSServer: Sendable {
    package enum Flaw: String, Sendable, CaseIterable {
        case none, expired, wrongName, unknownAuthority, oldVersion
    }

    package let port: Int
    /// The authority that a client must trust for `Flaw.none`.
    package let authority: String
    private let folder: TemporaryFolder
    private let process: RunningProgram

    /// - Parameter files: paths of a request, without the leading slash, with the whole answer, headers included.
    package init(_ flaw: Flaw, files: [String: String] = [:]) async throws {
        folder = try TemporaryFolder()
        authority = folder["ca.pem"]
        try await Self.makeCertificates(flaw, in: folder)
        for (path, answer) in files { try folder.write(path, answer) }
        let version =
            flaw == .oldVersion ? ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"] : []
        process = try Program(path: "/usr/bin/openssl").start(
            ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-HTTP"] + version,
            in: folder.path, output: folder["out"], errors: folder["err"])
        let folder = folder
        try await eventually("openssl s_server listens") { try Self.port(in: folder.read("out")) != nil }
        port = try Self.port(in: folder.read("out")) ?? 0
    }

    /// From `ACCEPT 127.0.0.1:35805`.
    private static func port(in output: String) throws -> Int? {
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }) else { return nil }
        return line.split(separator: ":").last.flatMap { Int($0) }
    }

    /// `ca.pem`, and `server.pem` with `server.key` for 127.0.0.1 and localhost.
    package static func makeCertificates(_ flaw: Flaw, in folder: TemporaryFolder) async throws {
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for name in flaw == .unknownAuthority ? ["other", "ca"] : ["ca"] {
            try await openssl(
                ["req", "-x509"] + newKey
                    + [
                        "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "2", "-subj", "/CN=\(name) of a test",
                    ],
                in: folder)
        }
        try folder.write(
            "names", "subjectAltName=" + (flaw == .wrongName ? "DNS:www.virustotal.test" : "IP:127.0.0.1,DNS:localhost")
        )
        try await openssl(
            ["req"] + newKey + ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"], in: folder)
        let signer = flaw == .unknownAuthority ? "other" : "ca"
        try await openssl(
            [
                "x509", "-req", "-in", "server.csr", "-CA", "\(signer).pem", "-CAkey", "\(signer).key",
                "-CAcreateserial", "-days", flaw == .expired ? "-1" : "2", "-extfile", "names", "-out", "server.pem",
            ], in: folder)
    }

    private static func openssl(_ arguments: [String], in folder: TemporaryFolder) async throws {
        let process = try Program(path: "/usr/bin/openssl").start(
            arguments, in: folder.path, output: folder["openssl.out"], errors: folder["openssl.err"])
        guard try await process.exitStatus() == 0 else {
            throw CertificateFailure(description: "openssl \(arguments[0]): " + (try folder.read("openssl.err")))
        }
    }

    package struct CertificateFailure: Error, CustomStringConvertible {
        package let description: String
    }
}
