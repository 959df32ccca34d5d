import Foundation
import Glibc
import Synchronization

/// A service on 127.0.0.1 that takes POSTs: TheHive, a Shuffle hook, a Slack hook. It answers by script, then as its own kind
/// does (`outputs.md`), and keeps what it was sent.
package final class ServiceStandIn: Sendable {
    package enum Kind: Sendable {
        /// Knows an alert by type, source and sourceRef; a second one is refused with this status, as the versions do.
        case theHive(duplicate: Int)
        case shuffle, slack
    }

    package struct Request: Sendable {
        package var target: String
        package var headers: [String: String]
        package var body: [UInt8]

        package var json: [String: Any]? {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
        }
    }

    private struct State {
        var requests: [Request] = []
        var next: [Reply] = []
        var always: Reply?
        var known: Set<String> = []
        var taken: [Request] = []
    }

    private let kind: Kind
    private let state = Mutex(State())
    private let server: LoopbackServer

    package init(_ kind: Kind, port: UInt16 = 0) throws {
        self.kind = kind
        let work = Weak<ServiceStandIn>()
        server = try LoopbackServer(port: port) { connection in
            while let request = Self.read(connection), let standIn = work.value {
                guard standIn.reply(to: request).send(over: connection) else { return }
            }
        }
        work.value = self
    }

    package var port: UInt16 { server.port }
    package var url: String { "http://127.0.0.1:\(server.port)" }
    /// In the order of arrival, answered well or not.
    package var requests: [Request] { state.withLock { $0.requests } }
    /// Those it took: with TheHive the alerts it has.
    package var taken: [Request] { state.withLock { $0.taken } }

    package func stop() { server.stop() }

    package func answerNext(with replies: Reply...) { state.withLock { $0.next += replies } }

    package func answerAll(with reply: Reply?) { state.withLock { $0.always = reply } }

    private func reply(to request: Request) -> Reply {
        state.withLock { state in
            state.requests.append(request)
            if let reply = state.always { return reply }
            if !state.next.isEmpty { return state.next.removeFirst() }
            return answer(request, &state)
        }
    }

    private func answer(_ request: Request, _ state: inout State) -> Reply {
        switch kind {
        case .theHive(let duplicate):
            guard request.headers["authorization"]?.hasPrefix("Bearer ") == true else {
                return .json(["type": "AuthenticationError", "message": "Authentication failure"], status: 401)
            }
            guard let json = request.json, request.target == "/api/v1/alert" else { return .html(404) }
            let names = ["type", "source", "sourceRef", "title", "description"].map { json[$0] as? String ?? "" }
            guard names.allSatisfy({ !$0.isEmpty }) else {
                return .json(["type": "BadRequest", "message": "a required field is missing"], status: 400)
            }
            guard state.known.insert(names[0...2].joined(separator: "\n")).inserted else {
                return .json(
                    ["type": "CreateError", "message": "Alert \(names[2]) already exists"], status: duplicate)
            }
            state.taken.append(request)
            return .json(["_id": "~\(state.taken.count)", "_type": "Alert", "stage": "New"], status: 201)
        case .shuffle:
            state.taken.append(request)
            return .json(["success": true, "execution_id": "1f0d"])
        case .slack:
            state.taken.append(request)
            return Reply(200, Array("ok".utf8), headers: ["content-type": "text/html"])
        }
    }

    /// Head and body by content-length, which is what curl sends.
    private static func read(_ connection: Connection) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let end = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: end) == nil {
            let count = recv(connection.descriptor, &buffer, buffer.count, 0)
            guard count > 0, bytes.count < 65_536 else { return nil }
            bytes += buffer[..<count]
        }
        guard let head = bytes.firstRange(of: end) else { return nil }
        let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        var body = Array(bytes[head.upperBound...])
        while body.count < headers["content-length"].flatMap({ Int($0) }) ?? 0 {
            let count = recv(connection.descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            body += buffer[..<count]
        }
        let words = lines.first?.split(separator: " ") ?? []
        return Request(target: words.count > 1 ? String(words[1]) : "", headers: headers, body: body)
    }
}
