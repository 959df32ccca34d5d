import Synchronization

/// What curl's callbacks gather during one request.
final class CurlTransfer {
    let exchange: Exchange
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var requests = 0
    private(set) var retryAfter: String?
    private(set) var rateLimitRemaining: Int?
    private let maxBody: Int

    init(_ exchange: Exchange, maxBody: Int) {
        self.exchange = exchange
        self.maxBody = maxBody
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Called when the connection stands. curl sends again by itself where a kept connection ends without an answer; the
    /// server would then see a request that nobody counted, so a second one is not let out.
    func mayLeave() -> Bool {
        requests += 1
        guard requests == 1 else { return false }
        exchange.hasLeft.store(true, ordering: .sequentiallyConsistent)
        return !exchange.isStopped.load(ordering: .sequentiallyConsistent)
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= maxBody else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let name = "retry-after:"
        let line = String(decoding: bytes.prefix(200), as: UTF8.self)
        if line.prefix(name.count).lowercased() == name { retryAfter = String(line.dropFirst(name.count)) }
        let limit = "x-ratelimit-remaining:"
        if line.prefix(limit.count).lowercased() == limit {
            rateLimitRemaining = Int(line.dropFirst(limit.count).filter { !$0.isWhitespace })
        }
        return bytes.count
    }
}
