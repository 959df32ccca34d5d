import Support
import VTEnrich
import VTEnrichCore

let testKey = "5ecre7" + String(repeating: "a", count: 58)
let testAddress = "64.62.197.132"

extension VirusTotalClient {
    /// A client for a server of a test.
    convenience init(
        url: String, key: String? = testKey, parallel: Int = 4,
        _ change: (inout Configuration.VirusTotal) -> Void = { _ in }
    ) throws {
        var settings = Configuration().virusTotal
        settings.url = url
        // A busy machine may need more than the 15 s of the default.
        settings.timeout = 60
        change(&settings)
        self.init(settings: settings, key: try key.map { try APIKey($0.utf8) }, parallel: parallel)
    }

    /// The text of an address instead of its value.
    func lookUp(_ text: String) async throws -> LookupAnswer<Reputation> {
        guard let address = IPAddress(text) else { throw NoAddress() }
        return await lookUp(address)
    }

    struct NoAddress: Error {}
}

extension LookupAnswer {
    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    var failure: ProviderFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

extension Reply {
    /// VirusTotal's answer about an address, as its attributes are given.
    static func address(_ id: String, attributes: [String: any Sendable], type: String = "ip_address") -> Reply {
        .json(["data": ["id": id, "type": type, "attributes": attributes] as [String: any Sendable]])
    }
}
