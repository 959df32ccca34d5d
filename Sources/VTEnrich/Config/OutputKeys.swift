import VTEnrichCore
import Yams

/// The keys of an entry of `outputs`: which a type takes, and what must be given.
package enum OutputKeys {
    /// Every key of a type with its default as it is written; `null` where there is none. For the manual's tests.
    package static func defaults(of kind: OutputSettings.Kind) -> [(key: String, value: String)] {
        table(kind).fields.map { field in
            let node = field.write(OutputSettings(kind))
            let texts = node.sequence?.compactMap { $0.scalar?.string }
            return (field.key, texts.map { "[\($0.joined(separator: ", "))]" } ?? node.scalar?.string ?? "")
        }
    }

    static func table(_ kind: OutputSettings.Kind) -> KeyTable<OutputSettings> {
        let own =
            switch kind {
            case .thehive: [Field("url", \.url, .optional(.outputURL))] + secret("api_key_file", \.apiKeyFile) + theHive
            case .webhook: secret("url_file", \.urlFile) + webhook
            case .email: email
            case .file: file
            case .cdb: cdb
            }
        let network = [.thehive, .webhook].contains(kind) ? http : []
        let limits = [.file, .cdb].contains(kind) ? [] : told
        return KeyTable(fields: [typeField, nameField] + own + network + filter + limits + bounds)
    }

    private static var typeField: Field<OutputSettings> { Field("type", \.kind, .choice) }
    private static var nameField: Field<OutputSettings> { Field("name", \.name, .outputName) }

    private static func secret(
        _ key: String, _ path: WritableKeyPath<OutputSettings, String?>
    ) -> [Field<OutputSettings>] {
        [Field(key, path, .optional(.path))]
    }

    private static var theHive: [Field<OutputSettings>] {
        [
            Field("organisation", \.organisation, .optional(.plainText(128))),
            Field("alert_type", \.alertType, .plainText(32)), Field("source", \.alertSource, .plainText(64)),
            Field("tags", \.tags, .list(of: .plainText(128), atMost: 50)), Field("tlp", \.tlp, .integer(0...4)),
            Field("pap", \.pap, .integer(0...3)),
        ]
    }

    private static var webhook: [Field<OutputSettings>] {
        [
            Field("format", \.format, .choice), Field("template", \.template, .optional(.path)),
            Field("content_type", \.contentType, .plainText(128)),
        ]
    }

    private static var http: [Field<OutputSettings>] {
        [
            Field("allow_http", \.allowHTTP, .flag), Field("proxy", \.proxy, .optional(.proxyURL)),
            Field("ca_file", \.caFile, .optional(.path)), Field("timeout", \.timeout, .duration(1...300)),
        ]
    }

    private static var email: [Field<OutputSettings>] {
        [
            Field("server", \.server, .optional(.hostName)), Field("port", \.port, .integer(1...65_535)),
            Field("tls", \.tls, .choice), Field("user", \.user, .optional(.plainText(256))),
        ] + secret("password_file", \.passwordFile) + [
            Field("from", \.from, .optional(.mailAddress)), Field("to", \.to, .list(of: .mailAddress, atMost: 50)),
            Field("digest", \.digest, .duration(0...86_400)), Field("ca_file", \.caFile, .optional(.path)),
            Field("timeout", \.timeout, .duration(1...300)),
        ]
    }

    private static var file: [Field<OutputSettings>] {
        [
            Field("path", \.path, .optional(.path)), Field("rotate_size", \.rotateSize, .size(0...1 << 40)),
            Field("keep", \.keep, .integer(1...1_000)),
        ]
    }

    private static var cdb: [Field<OutputSettings>] {
        [
            Field("path", \.path, .optional(.path)), Field("max_entries", \.maxEntries, .integer(1...1_000_000)),
            Field("expire", \.expire, .duration(60...3_650 * 86_400)),
            Field("reload_socket", \.reloadSocket, .optional(.socketPath)),
            Field("reload_interval", \.reloadInterval, .duration(10...86_400)),
        ]
    }

    private static var filter: [Field<OutputSettings>] {
        [
            Field("min_verdict", \.filter.minVerdict, .choice),
            Field("min_severity", \.filter.minSeverity, .integer(1...3)),
            Field("only_blocked", \.filter.onlyBlocked, .flag),
            Field("filters", \.filter.filters, .list(of: .filter(excludes: false))),
            Field("exclude", \.filter.exclude, .list(of: .filter(excludes: true))),
        ]
    }

    private static var told: [Field<OutputSettings>] {
        [
            Field("once_a_day", \.onceADay, .flag), Field("max_per_minute", \.maxPerMinute, .integer(0...100_000)),
        ]
    }

    private static var bounds: [Field<OutputSettings>] {
        [
            Field("max_waiting", \.maxWaiting, .integer(1...1_000_000)),
            Field("max_age", \.maxAge, .duration(60...3_650 * 86_400)),
        ]
    }
}

extension ValueKind where Value == OutputSettings {
    /// The type decides which keys there are, so it is read first.
    static var output: ValueKind {
        ValueKind(
            read: { node, reading in
                guard let mapping = node.mapping, let type = mapping["type"] else {
                    reading.error("expected an entry with a type, such as type: thehive", at: node)
                    return nil
                }
                guard let kind = ValueKind<OutputSettings.Kind>.choice.read(type, &reading) else { return nil }
                var output = OutputSettings(kind)
                OutputKeys.table(kind).read(node, parent: reading.key, into: &output, &reading)
                for problem in output.problems { reading.error(problem, at: node) }
                return output
            },
            write: { OutputKeys.table($0.kind).write($0) })
    }
}

extension OutputSettings {
    /// What is missing, or does not go together.
    fileprivate var problems: [String] {
        var problems: [String] = []
        func need(_ value: String?, _ key: String) {
            if value == nil { problems.append("an output of type \(kind.rawValue) needs \(key)") }
        }
        switch kind {
        case .thehive:
            need(url, "url")
            need(apiKeyFile, "api_key_file")
            if let url, !allowHTTP, let parsed = ServiceURL(url), parsed.scheme == "http", !parsed.isLoopback {
                problems.append("http would send the API key in clear; use https, or say allow_http: yes")
            }
        case .webhook:
            need(urlFile, "url_file")
            if format == .template { need(template, "template") }
        case .email:
            need(server, "server")
            need(from, "from")
            if to.isEmpty { problems.append("an output of type email needs to") }
            if user != nil { need(passwordFile, "password_file") }
            if user == nil, passwordFile != nil { problems.append("password_file needs user") }
        case .file, .cdb: need(path, "path")
        }
        return problems
    }
}
