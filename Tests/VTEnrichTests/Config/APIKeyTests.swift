import Foundation
import Glibc
import Support
import Testing
import VTEnrich

/// Where the key comes from, and which keys are refused.
struct APIKeyTests {
    private let folder: TemporaryFolder
    private let key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    init() throws {
        folder = try TemporaryFolder()
    }

    private func settings(file: String, isSet: Bool = true) -> Configuration.VirusTotal {
        var settings = Configuration.VirusTotal()
        settings.apiKeyFile = file
        settings.apiKeyFileIsSet = isSet
        return settings
    }

    private func refusal(_ path: String) -> String? {
        do throws(APIKeyError) {
            _ = try LoadedAPIKey.load(for: settings(file: path), environment: [:])
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: ["", "\n", "\r\n", " \t\n\n"])
    func `white space behind the key is dropped`(end: String) throws {
        let path = try folder.write("key", key + end, mode: 0o640)
        let loaded = try LoadedAPIKey.load(for: settings(file: path), environment: [:])
        #expect(loaded.key?.headerValue == key)
        #expect(loaded.source == .file(path))
        #expect(loaded.warning == nil)
    }

    @Test func `the file that is named comes first, then credential, variable and the default file`() throws {
        let named = try folder.write("named", "named", mode: 0o600)
        let credential = try folder.write("credentials/virustotal-api-key", "credential", mode: 0o400)
        let environment = ["CREDENTIALS_DIRECTORY": folder["credentials"], "VT_API_KEY": "variable"]

        let first = try LoadedAPIKey.load(for: settings(file: named), environment: environment)
        #expect(first.key?.headerValue == "named")
        let second = try LoadedAPIKey.load(for: settings(file: named, isSet: false), environment: environment)
        #expect(second.key?.headerValue == "credential")
        #expect(second.source == .credential(credential))
        let third = try LoadedAPIKey.load(
            for: settings(file: named, isSet: false),
            environment: ["CREDENTIALS_DIRECTORY": folder["empty"], "VT_API_KEY": "variable"])
        #expect(third.key?.headerValue == "variable")
        #expect(third.warning?.contains("VT_API_KEY") == true)
        let last = try LoadedAPIKey.load(for: settings(file: named, isSet: false), environment: ["VT_API_KEY": ""])
        #expect(last.key?.headerValue == "named")
    }

    @Test func `a named file that is missing is no key, whatever the environment holds`() throws {
        let loaded = try LoadedAPIKey.load(for: settings(file: folder["none"]), environment: ["VT_API_KEY": "variable"])
        #expect(loaded.key == nil)
        #expect(loaded.warning?.contains(folder["none"]) == true)
    }

    @Test(arguments: [0o644, 0o604, 0o602, 0o641, 0o777])
    func `a key that others can get at is refused with the command that mends it`(mode: Int) throws {
        let path = try folder.write("key", key, mode: mode)
        let found = try #require(refusal(path))
        #expect(found.contains("mode 0\(String(mode, radix: 8))"))
        #expect(found.hasSuffix("run: chmod 640 \(path)"))
        #expect(chmod(path, 0o640) == 0)
        #expect(refusal(path) == nil)
    }

    @Test func `the command survives a path that a shell would read otherwise`() throws {
        let path = try folder.write("it's a key", key, mode: 0o644)
        #expect(refusal(path)?.hasSuffix("run: chmod 640 '\(folder.path)/it'\\''s a key'") == true)
    }

    @Test(arguments: [
        ("", "is empty"), (" \n", "is empty"), ("two words", "holds white space"), ("two\nlines", "holds white space"),
        ("schlüssel", "holds white space or other"), ("a\u{0}b", "holds white space or other"),
        (String(repeating: "k", count: 4_097), "is longer than 4 KiB"),
    ])
    func `what cannot be a key is refused without being shown`(content: String, cause: String) throws {
        let path = try folder.write("key", content, mode: 0o600)
        let found = try #require(refusal(path))
        #expect(found.contains("\(path) \(cause)"))
        #expect(!found.contains("two") && !found.contains("schl") && !found.contains("kkk"))
    }

    @Test func `what is no file is refused, and a pipe does not block`() throws {
        #expect(refusal(folder.path) == "the API key file \(folder.path) is not a regular file")
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        #expect(refusal(folder["pipe"]) == "the API key file \(folder["pipe"]) is not a regular file")
    }

    @Test func `the key is masked however it is printed`() throws {
        let apiKey = try APIKey(key.utf8)
        let holder = LoadedAPIKey(key: apiKey, source: .environment, warning: nil)
        var dumped = ""
        dump(holder, to: &dumped)
        for text in [
            "\(apiKey)", String(reflecting: apiKey), String(describing: holder), String(reflecting: holder), dumped,
        ] {
            #expect(!text.contains("0123456789"), "\(text)")
        }
    }
}
