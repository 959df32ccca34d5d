package import VTEnrichCore

/// One entry of `outputs`: a receiver beside analysisd. Which keys it takes follows from its type.
package struct OutputSettings: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case thehive, webhook, email, file, cdb }
    package enum Format: String, Sendable, CaseIterable { case shuffle, slack, template }
    package enum MailTLS: String, Sendable, CaseIterable { case starttls, tls, off }

    package var kind: Kind
    /// By which `status`, `doctor --output` and the log call it; the sink of its rows in the outbox.
    package var name: String

    // What it is told.
    package var filter = OutputFilter()
    package var onceADay = true
    /// 0: no limit.
    package var maxPerMinute = 30
    package var maxWaiting = 10_000
    /// Seconds.
    package var maxAge: Double = 7 * 86_400

    // Services.
    package var url: String?
    package var apiKeyFile: String?
    package var urlFile: String?
    package var passwordFile: String?
    package var proxy: String?
    package var caFile: String?
    /// Seconds, for one whole request.
    package var timeout: Double = 20
    package var allowHTTP = false

    // TheHive.
    package var organisation: String?
    package var alertType = "wazuh"
    package var alertSource = "wazuh"
    package var tags = ["wazuh", "enriched"]
    package var tlp = 2
    package var pap = 2

    // Webhook.
    package var format = Format.shuffle
    package var template: String?
    package var contentType = "application/json"

    // E-mail.
    package var server: String?
    package var port = 587
    package var tls = MailTLS.starttls
    package var user: String?
    package var from: String?
    package var to: [String] = []
    /// Seconds; 0: a message for each.
    package var digest: Double = 0

    // Files.
    package var path: String?
    /// Bytes; 0: never.
    package var rotateSize = 100 * 1024 * 1024
    package var keep = 5
    package var maxEntries = 10_000
    /// Seconds.
    package var expire: Double = 7 * 86_400
    /// analysisd's socket for a hot reload; nil: the administrator reloads.
    package var reloadSocket: String?
    /// Seconds between two hot reloads.
    package var reloadInterval: Double = 3_600

    /// With the defaults of its kind.
    package init(_ kind: Kind) {
        self.kind = kind
        name = kind.rawValue
        switch kind {
        case .thehive, .webhook: break
        case .email:
            maxPerMinute = 10
        case .file:
            (filter.minVerdict, onceADay, maxPerMinute) = (.any, false, 0)
        case .cdb:
            (filter.minVerdict, filter.onlyBlocked, onceADay, maxPerMinute) = (.malicious, true, false, 0)
        }
    }

    /// The file that holds its secret: key, URL or password; nil where it has none.
    package var secretFile: String? {
        switch kind {
        case .thehive: apiKeyFile
        case .webhook: urlFile
        case .email: passwordFile
        case .file, .cdb: nil
        }
    }

    /// What the file holds, for messages.
    package var secretName: String {
        switch kind {
        case .webhook: "URL"
        case .email: "password"
        default: "API key"
        }
    }

    /// Which key of the entry names the file.
    package var secretKey: String {
        switch kind {
        case .webhook: "url_file"
        case .email: "password_file"
        default: "api_key_file"
        }
    }
}
