import Foundation
import Glibc
import Support

/// Real alerts, repeated: into files of any size, and with source addresses and ids of our choice.
struct SampleAlerts {
    /// Whole lines.
    let bytes: [UInt8]
    /// Those with a source address, cut where the address and the alert's id stand.
    private let templates: [Template]

    struct Template {
        enum Part {
            case text([UInt8])
            case address, id
        }
        var parts: [Part]
    }

    /// - Parameter path: alerts, plain or `.gz`; nil: the demonstration's.
    init(_ path: String?) async throws {
        let sample =
            path
            ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("demo/sample-alerts.json.gz").path
        let isCompressed = sample.hasSuffix(".gz")
        let text = try await Program(at: isCompressed ? "/bin/gzip" : "/bin/cat")
            .run([isCompressed ? "-dc" : "-u", sample]).standardOutput
        bytes = Array(text.utf8)
        templates = text.split(separator: "\n").compactMap { Template($0) }
    }

    /// How often each rule id comes, the most frequent first.
    var ruleIDs: [(id: String, share: Double)] {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let ids = lines.compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line))).flatMap { $0 as? [String: Any] }
                .flatMap { $0["rule"] as? [String: Any] }.flatMap { $0["id"] as? String }
        }
        let counts = Dictionary(grouping: ids) { $0 }.mapValues(\.count)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { ($0.key, Double($0.value) / Double(lines.count)) }
    }

    /// Rule ids that together take about `share` of the alerts.
    func ruleIDs(about share: Double) -> (ids: [String], share: Double) {
        var (ids, sum) = ([String](), 0.0)
        for rule in ruleIDs where sum + rule.share <= share * 1.2 {
            ids.append(rule.id)
            sum += rule.share
        }
        return (ids, sum)
    }

    /// A file of about so many bytes: the sample over and over.
    func write(to path: String, bytes size: Int) throws {
        try AppendingFile(path).write(repeating: bytes, upTo: size)
    }

    /// A file of `count` alerts that each have an id of their own and in turn one of `addresses` addresses.
    func write(to path: String, count: Int, addresses: Int) throws {
        let file = try AppendingFile(path)
        for number in 0..<count { file.append(line(number, address: number % addresses)) }
        file.flush()
    }

    /// The alert with its newline.
    func line(_ number: Int, address: Int) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(1_200)
        for part in templates[number % templates.count].parts {
            switch part {
            case .text(let text): line += text
            case .address: line += Self.address(address).utf8
            // The time and a place in the file, as Wazuh makes them: a thousand in a second.
            case .id: line += "\(1_795_280_117 + number / 1_000).\(number)".utf8
            }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// The address with this number: public ones, up to 16 million.
    static func address(_ number: Int) -> String {
        "20.\(number / 65_536 % 256).\(number / 256 % 256).\(number % 256)"
    }
}

extension SampleAlerts.Template {
    init?(_ line: Substring) {
        guard let address = line.firstMatch(of: /"srcip":"([0-9.]+)"/)?.1,
            let id = line.firstMatch(of: /"id":"([0-9]{10}\.[0-9]+)"/)?.1
        else { return nil }
        let marked = line.replacing(address, with: "\u{1}").replacing(id, with: "\u{2}")
        parts = []
        var text: [UInt8] = []
        for byte in marked.utf8 {
            guard byte == 1 || byte == 2 else {
                text.append(byte)
                continue
            }
            parts += [.text(text), byte == 1 ? .address : .id]
            text = []
        }
        parts.append(.text(text))
    }
}

/// A file that is written in large pieces.
final class AppendingFile {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Command.Failed(description: "cannot write \(path)") }
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) {
        buffer += bytes
        if buffer.count >= 1 << 20 { flush() }
    }

    func flush() {
        let written = Glibc.write(descriptor, buffer, buffer.count)
        precondition(written == buffer.count, "cannot write: \(String(cString: strerror(errno)))")
        buffer.removeAll(keepingCapacity: true)
    }

    func write(repeating bytes: [UInt8], upTo size: Int) throws {
        let block = Array(repeatElement(bytes, count: max(1, 1 << 20 / bytes.count)).joined())
        var written = 0
        while written < size {
            append(block)
            written += block.count
        }
        flush()
    }
}
