import Glibc
import VTEnrichCore

/// An output that takes JSON or a template's text by POST: TheHive, Shuffle, Slack and others.
struct HTTPChannel: OutputChannel {
    private let service: OutputService
    private let transport: CurlTransport
    private let path: String
    private let render: @Sendable (OutputNotice) -> [UInt8]

    let batch = 1

    static func theHive(_ output: OutputSettings, key: String) -> HTTPChannel {
        var form = TheHiveAlert()
        form.type = output.alertType
        form.source = output.alertSource
        (form.tags, form.tlp, form.pap, form.onceADay) = (output.tags, output.tlp, output.pap, output.onceADay)
        var headers = ["authorization: Bearer \(key)", "content-type: application/json"]
        if let organisation = output.organisation { headers.append("x-organisation: \(organisation)") }
        let url = ServiceURL(output.url ?? "")
        return HTTPChannel(
            output, .theHive, url, "/api/v1/alert", headers: headers, secrets: [key],
            render: { [form] in form.body($0) })
    }

    /// - Parameter address: the hook's URL, which is a secret as a whole: whoever has it can use the hook.
    static func webhook(_ output: OutputSettings, address: String) throws(SecretError) -> HTTPChannel {
        guard let (url, path) = parts(of: address) else {
            throw SecretError(description: "\(output.urlFile ?? "") must hold a URL such as https://example.org/hook")
        }
        guard url.scheme == "https" || url.isLoopback || output.allowHTTP else {
            throw SecretError(
                description: "\(output.urlFile ?? "") holds an http URL, which would travel in clear; use https, or "
                    + "say allow_http: yes")
        }
        let render: @Sendable (OutputNotice) -> [UInt8]
        let service: OutputService
        switch output.format {
        case .shuffle: (service, render) = (.shuffle, { WebhookBody.shuffle($0) })
        case .slack: (service, render) = (.slack, { WebhookBody.slack($0) })
        case .template:
            let template = try WebhookTemplate(path: output.template ?? "", contentType: output.contentType)
            (service, render) = (.other, { template.render($0) })
        }
        let type = output.format == .template ? output.contentType : "application/json"
        return HTTPChannel(
            output, service, url, path, headers: ["content-type: \(type)"],
            secrets: [path.count > 1 ? path : "", address], render: render)
    }

    /// Scheme and host, and the rest with its query.
    private static func parts(of address: String) -> (ServiceURL, String)? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let rest = address[scheme.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard let url = ServiceURL(String(address[..<end])), ["http", "https"].contains(url.scheme),
            url.credentials == nil, !address.contains("#")
        else { return nil }
        return (url, end == rest.endIndex ? "/" : String(address[end...]))
    }

    private init(
        _ output: OutputSettings, _ service: OutputService, _ url: ServiceURL?, _ path: String, headers: [String],
        secrets: [String], render: @escaping @Sendable (OutputNotice) -> [UInt8]
    ) {
        // The configuration takes no other; an empty host fails as one that cannot be resolved.
        let url = url ?? ServiceURL("https://invalid.")!
        // Without the last header curl would wait for a 100 before a large body.
        var options = CurlOptions(
            url: url, headers: headers + ["accept: application/json", "expect:"], secrets: secrets,
            proxy: output.proxy, caFile: output.caFile, timeout: output.timeout)
        options.allowsClearText = output.allowHTTP
        options.section = "outputs"
        self.service = service
        self.path = path
        self.render = render
        transport = CurlTransport(options)
    }

    nonisolated(nonsending) func send(_ bodies: [[UInt8]]) async -> OutputOutcome {
        guard let notice = bodies.first.flatMap({ OutputNotice($0) }) else {
            return .dead("its row in the outbox cannot be read")
        }
        switch await transport.post(path, render(notice)) {
        case .success(let answer):
            let after = answer.retryAfter.flatMap { RetryAfter.seconds($0, now: Double(time(nil))) }
            return service.judge(.answer(status: answer.status, body: answer.body, retryAfter: after))
        case .failure(let failure):
            if Task.isCancelled { return .stopped }
            return service.judge(.failure(cause: failure.cause, wasSent: failure.wasSent))
        }
    }
}
