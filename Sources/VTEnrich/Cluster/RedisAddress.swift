/// Where the cluster's Redis or Valkey is (`cluster.redis`): `redis://[user@]host[:6379][/database]`, `rediss://` the same with
/// TLS, `unix:///path/of/the/socket`. A password is never part of it.
package struct RedisAddress: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
        case host(String, port: Int, isTLS: Bool)
        case socket(path: String)
    }

    package let place: Place
    package let user: String?
    package let database: Int
    /// As it was written; holds no secret.
    package let text: String

    package enum Refusal: Error, Equatable {
        case hasPassword
        case noAddress
    }

    package init(_ text: String) throws(Refusal) {
        self.text = text
        if text.hasPrefix("unix://") {
            let path = String(text.dropFirst("unix://".count))
            guard path.hasPrefix("/"), UnixAddress(path: path) != nil, !path.contains(where: { "?#".contains($0) })
            else { throw .noAddress }
            (place, user, database) = (.socket(path: path), nil, 0)
            return
        }
        guard let url = ServiceURL(text), ["redis", "rediss"].contains(url.scheme) else { throw .noAddress }
        if let credentials = url.credentials {
            guard !credentials.contains(":") else { throw .hasPassword }
            guard !credentials.isEmpty else { throw .noAddress }
        }
        user = url.credentials
        place = .host(url.host, port: url.port ?? 6_379, isTLS: url.scheme == "rediss")
        guard !url.path.isEmpty else {
            database = 0
            return
        }
        guard let number = Int(url.path.dropFirst()), (0...9_999).contains(number) else { throw .noAddress }
        database = number
    }
}
