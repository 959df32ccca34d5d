import Testing
import VTEnrichCore

@Suite struct `Error table` {
    /// One row of VirusTotal's errors (`virustotal.md` §2), as a lookup of an address reads it.
    struct Row: Sendable, CustomTestStringConvertible {
        var status: Int
        var code: String?
        var meaning: ErrorTable.Meaning

        var testDescription: String { "\(status) \(code ?? "without VirusTotal's JSON")" }
    }

    static let rows = [
        Row(status: 200, code: nil, meaning: .answer),
        Row(status: 204, code: nil, meaning: .failure),
        Row(status: 301, code: nil, meaning: .failure),
        Row(status: 302, code: nil, meaning: .failure),
        Row(status: 400, code: "BadRequestError", meaning: .invalid),
        Row(status: 400, code: "InvalidArgumentError", meaning: .invalid),
        Row(status: 400, code: "NotAvailableYet", meaning: .failure),
        Row(status: 400, code: "UnselectiveContentQueryError", meaning: .failure),
        Row(status: 400, code: nil, meaning: .failure),
        Row(status: 401, code: "AuthenticationRequiredError", meaning: .keyRejected),
        Row(status: 401, code: "WrongCredentialsError", meaning: .keyRejected),
        Row(status: 401, code: "UserNotActiveError", meaning: .keyRejected),
        Row(status: 401, code: nil, meaning: .keyRejected),
        Row(status: 403, code: "ForbiddenError", meaning: .keyRejected),
        Row(status: 404, code: "NotFoundError", meaning: .notFound),
        Row(status: 404, code: nil, meaning: .failure),
        Row(status: 404, code: "SomethingElse", meaning: .failure),
        Row(status: 407, code: nil, meaning: .failure),
        Row(status: 409, code: "AlreadyExistsError", meaning: .failure),
        Row(status: 424, code: "FailedDependencyError", meaning: .failure),
        Row(status: 429, code: "QuotaExceededError", meaning: .quotaExceeded),
        Row(status: 429, code: "TooManyRequestsError", meaning: .quotaExceeded),
        Row(status: 429, code: nil, meaning: .quotaExceeded),
        Row(status: 500, code: nil, meaning: .failure),
        Row(status: 502, code: nil, meaning: .failure),
        Row(status: 503, code: "TransientError", meaning: .failure),
        Row(status: 504, code: "DeadlineExceededError", meaning: .failure),
    ]

    @Test(arguments: rows) func `a lookup's error has its meaning`(row: Row) {
        #expect(ErrorTable.meaning(status: row.status, code: row.code, of: .address) == row.meaning)
    }

    @Test func `a forbidden pivot does not reject the key`() {
        #expect(ErrorTable.meaning(status: 403, code: "ForbiddenError", of: .files) == .notPermitted)
        #expect(ErrorTable.meaning(status: 401, code: "WrongCredentialsError", of: .files) == .keyRejected)
    }

    @Test func `an unknown or foreign user only loses the counters`() {
        #expect(ErrorTable.meaning(status: 403, code: "ForbiddenError", of: .quotas) == .notPermitted)
        #expect(ErrorTable.meaning(status: 404, code: "NotFoundError", of: .quotas) == .notPermitted)
        #expect(ErrorTable.meaning(status: 400, code: "InvalidArgumentError", of: .quotas) == .failure)
    }
}
