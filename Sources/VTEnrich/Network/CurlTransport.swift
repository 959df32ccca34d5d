import Dispatch
import Synchronization

/// What a server answered. A body that is `incomplete` must not be read, but the status stands.
package struct HTTPAnswer: Sendable, Equatable {
    package var status: Int
    /// The header as it came.
    package var retryAfter: String?
    /// Of the header X-RateLimit-Remaining.
    package var rateLimitRemaining: Int?
    /// Decoded.
    package var body: [UInt8]
    /// Why the body is not all of it.
    package var incomplete: String?
}

/// A request without an answer.
package struct TransportFailure: Error, Sendable, Equatable {
    /// One bounded line without control characters, without the key.
    package var cause: String
    /// False only when nothing of the request can have reached the server.
    package var wasSent: Bool
}

package typealias TransportResult = Result<HTTPAnswer, TransportFailure>

/// Sends one request at a time to one host and keeps the connection.
///
/// curl blocks, so it runs on a queue of its own; the caller waits without a thread. What a status means and what is
/// repeated is for the caller to say. Unchecked: the handle is touched on that queue only.
package final class CurlTransport: @unchecked Sendable {
    private let options: CurlOptions
    private let queue = DispatchQueue(label: "vtenrichd.curl")
    /// Made by the first request.
    private var handle: CurlHandle?

    package init(_ options: CurlOptions) {
        self.options = options
    }

    /// A cancelled task gets its failure at once; curl itself stops within about a second, when it next looks.
    package func get(_ path: String) async -> TransportResult { await send(path, nil) }

    /// A POST of `body`; its type stands in the options' headers.
    package func post(_ path: String, _ body: [UInt8]) async -> TransportResult { await send(path, body) }

    private func send(_ path: String, _ body: [UInt8]?) async -> TransportResult {
        let exchange = Exchange()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchange.begin(continuation)
                queue.async { exchange.end(self.perform(path, body, exchange)) }
            }
        } onCancel: {
            exchange.stop()
        }
    }

    private func perform(_ path: String, _ body: [UInt8]?, _ exchange: Exchange) -> TransportResult {
        guard !exchange.isStopped.load(ordering: .sequentiallyConsistent) else {
            return Exchange.stopped(wasSent: false)
        }
        if let handle { return handle.send(path, body, for: exchange) }
        do throws(TransportFailure) {
            handle = try CurlHandle(options)
        } catch {
            return .failure(error)
        }
        return perform(path, body, exchange)
    }
}

/// The meeting point of a waiting task and the queue that works for it: whoever is first, answer or cancellation, ends it.
final class Exchange: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<TransportResult, Never>)
        case ended
    }

    private let state = Mutex(State.new)
    /// Read by curl's progress callback.
    let isStopped = Atomic(false)
    /// Whether curl was about to send the request.
    let hasLeft = Atomic(false)

    func begin(_ continuation: CheckedContinuation<TransportResult, Never>) {
        let isOver = state.withLock { state in
            if case .ended = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver { continuation.resume(returning: Self.stopped(wasSent: false)) }
    }

    func end(_ result: TransportResult) {
        let waiting = state.withLock { state in
            defer { state = .ended }
            if case .waiting(let continuation) = state { return Optional(continuation) }
            return nil
        }
        waiting?.resume(returning: result)
    }

    func stop() {
        // This order against `hasLeft` then `isStopped` in the transfer: a request that leaves is never called unsent.
        isStopped.store(true, ordering: .sequentiallyConsistent)
        end(Self.stopped(wasSent: hasLeft.load(ordering: .sequentiallyConsistent)))
    }

    static func stopped(wasSent: Bool) -> TransportResult {
        .failure(TransportFailure(cause: "stopped before the answer", wasSent: wasSent))
    }
}
