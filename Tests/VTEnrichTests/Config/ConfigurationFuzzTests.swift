import Foundation
import Support
import Testing
import VTEnrich

/// Any bytes as a configuration: the answer is a configuration that reads back, or errors that can be shown.
struct ConfigurationFuzzTests {
    private static let pieces =
        [
            "[", "]", "{", "}", ":", ": ", "- ", "? ", "&a ", "*a ", "!!int ", "!", "%", "|", ">", "'", "\"", "\\", "#",
            "\n", "\t", "  ", "---\n", "...\n", "\u{0}", "\u{85}", "\u{2028}", "\u{202e}", "é", "null", "~", "off",
            "<<",
            "99999999999999999999", "-1", "1e9", "0x10", "4MiB", "7d", "10%", "5710-5720", "8.8.8.0/24",
            "2001:db8::/32",
            "^/var|!x", "http://[::1]:1", "alerts:", "filters:\n- ", "{group: [a,b]}", "exclude: {level: 3}\n",
            "output: {analysisd: null, file: /f}\n", "virustotal: {quota: {per_day: 7}}\n", "allowlist: [1.1.1.1]\n",
        ].map { Array($0.utf8) }

    @Test func `no damage to a file crashes the reader`() throws {
        let manual = Array(try String(contentsOfFile: ShippedFiles.path("config/vtenrichd.yaml"), encoding: .utf8).utf8)
        let small = Array("alerts: {path: /a, start: end}\nfilters:\n- {group: sshd, level: 5}\n".utf8)
        var read = 0
        let faults = Fuzz("configurations", seeds: [manual, small, []], pieces: Self.pieces).run(cases: 400) { bytes in
            do throws(ConfigurationErrors) {
                let loaded = try ConfigurationReader.parse(bytes, file: "c.yaml")
                read += 1
                return Self.fault(in: loaded).map { .fault($0) } ?? .sound(kind: loaded.warnings.count)
            } catch {
                return Self.isShowable(error.description)
                    ? .sound(kind: Self.kind(of: error)) : .fault("errors that cannot be shown: \(error)")
            }
        }
        #expect(faults == [])
        #expect(read > 10, "too few mutants were configurations to prove anything")
    }

    /// What `check --print` shows must mean the same; a proxy's password is masked in it.
    private static func fault(in loaded: LoadedConfiguration) -> String? {
        let configuration = loaded.configuration
        guard configuration.virusTotal.proxy?.contains("@") != true else { return nil }
        do {
            let printed = try configuration.yaml()
            let again = try ConfigurationReader.parse(Array(printed.utf8), file: "printed.yaml").configuration
            return again == configuration ? nil : "reads back as another configuration: \(printed)"
        } catch {
            return "does not read back: \(error)"
        }
    }

    private static func isShowable(_ text: String) -> Bool {
        text.hasPrefix("c.yaml")
            && text.unicodeScalars.allSatisfy { $0.value == 0x0a || ($0.value >= 0x20 && $0.value != 0x7f) }
    }

    /// By the sentence of the first error, without what it quotes.
    private static func kind(of errors: ConfigurationErrors) -> Int {
        let words = errors.issues.first?.message.split(separator: " ").filter { $0.allSatisfy(\.isLetter) } ?? []
        return words.joined().utf8.reduce(errors.issues.count) { $0 &* 31 &+ Int($1) }
    }
}
