/// What an answer of VirusTotal means, by its HTTP status and the error code of its body
/// (`virustotal.md` §2). The status decides first: bodies of errors may be HTML, empty or cut.
package enum ErrorTable {
    package enum Request: String, Sendable, CaseIterable {
        /// `GET /ip_addresses/{ip}`
        case address
        /// `GET /ip_addresses/{ip}/communicating_files`
        case files
        /// `GET /users/{id}/overall_quotas`
        case quotas
    }

    package enum Meaning: Sendable, Equatable {
        /// 200: the body says it.
        case answer
        /// VirusTotal has no record of the address.
        case notFound
        /// VirusTotal does not take the address.
        case invalid
        /// The key is rejected: nothing can be asked until there is another one.
        case keyRejected
        /// This request is not open to the key; others are.
        case notPermitted
        /// Too many requests: minute, day or month, which the answer does not tell (`virustotal.md` §2.1).
        case quotaExceeded
        /// May pass: an outage, or an answer that is not VirusTotal's.
        case failure
    }

    /// - Parameter code: `error.code` of the body, nil where the body is not VirusTotal's JSON.
    package static func meaning(status: Int, code: String?, of request: Request) -> Meaning {
        switch (status, code) {
        case (200, _):
            return .answer
        case (400, "InvalidArgumentError"), (400, "BadRequestError"):
            return request == .address ? .invalid : .failure
        case (401, _):
            return .keyRejected
        case (403, _):
            return request == .address ? .keyRejected : .notPermitted
        case (404, "NotFoundError"):
            return request == .quotas ? .notPermitted : .notFound
        case (429, _):
            return .quotaExceeded
        default:
            return .failure
        }
    }
}
