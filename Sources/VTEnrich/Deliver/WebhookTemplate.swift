import Foundation
import Mustache
import VTEnrichCore

/// A Mustache template of the administrator's. `{{name}}` is escaped for the content type: for JSON the inside of a string, for
/// HTML its entities, else not at all; `{{{name}}}` is never.
struct WebhookTemplate: Sendable {
    private static let maxBytes = 256 * 1024
    private let template: MustacheTemplate

    /// Reads and parses the file. Blocks for it.
    init(path: String, contentType: String) throws(SecretError) {
        guard let text = Self.read(path) else {
            throw SecretError(
                description: "cannot read the template \(path): it must be a text file of 256 KiB at most")
        }
        MustacheContentTypes.register(JSONContent(), named: "JSON")
        let kind = contentType.contains("json") ? "JSON" : contentType.contains("html") ? "HTML" : "TEXT"
        do {
            template = try MustacheTemplate(string: "{{% CONTENT_TYPE:\(kind)}}\(text)")
        } catch {
            throw SecretError(description: "the template \(path) cannot be used: \(error)")
        }
    }

    func render(_ notice: OutputNotice) -> [UInt8] {
        var values =
            Self.plain(.object(["alert": notice.alert, "virustotal_ip": notice.finding])) as? [String: Any] ?? [:]
        values["srcip"] = notice.address.description
        values["id"] = notice.eventID
        values["case_severity"] = notice.caseSeverity
        return Array(template.render(values).utf8)
    }

    /// What Mustache looks into: dictionaries, arrays, texts and numbers. `yes` and `no` as sections would both be true, so a
    /// text beside them says it as a truth value: `block` has `is_block`.
    private static func plain(_ value: JSONValue) -> Any {
        switch value {
        case .null: return ""
        case .bool(let bool): return bool
        case .integer(let integer): return integer
        case .decimal(let decimal): return decimal
        case .text(let text): return text
        case .array(let elements): return elements.map(plain)
        case .object(let members):
            var plain = members.mapValues(plain)
            for (key, value) in members {
                if value == .text("yes") { plain["is_\(key)"] = true }
                if value == .text("no") { plain["is_\(key)"] = false }
            }
            return plain
        }
    }

    private static func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: maxBytes + 1), data.count <= maxBytes else { return nil }
        return String(validating: data, as: UTF8.self)
    }

    private struct JSONContent: MustacheContentType {
        func escapeText(_ text: String) -> String { SafeText.json(text) }
    }
}
