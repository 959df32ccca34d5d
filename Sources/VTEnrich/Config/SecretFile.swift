/// A secret that is there and must not be used, or is not there, with what mends it. Never holds a part of it.
package struct SecretError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
}

extension Configuration {
    /// Of the outputs and the second source: secrets that cannot be used. The daemon runs without what needs them.
    package var secretProblems: [String] {
        var problems: [String] = []
        for output in outputs {
            do throws(SecretError) {
                _ = try output.loadSecret()
            } catch {
                problems.append("outputs: \(output.name): \(error)")
            }
        }
        return problems + [loadAbuseKey().problem].compactMap { $0 }
    }

    /// The key of AbuseIPDB; nil, and why, where it cannot be used. Blocks for one small file.
    func loadAbuseKey() -> (key: APIKey?, problem: String?) {
        guard let path = abuseIPDB.apiKeyFile else { return (nil, nil) }
        do throws(APIKeyError) {
            let key = try LoadedAPIKey.read(.file(path), at: path).key
            return (key, key == nil ? "AbuseIPDB is not asked: \(path) does not exist" : nil)
        } catch {
            return (nil, "AbuseIPDB is not asked: \(error)")
        }
    }
}

extension OutputSettings {
    /// Key, URL or password from its file, which must not be readable by others, as VirusTotal's key; nil where the output has
    /// none. Blocks for one small file.
    package func loadSecret() throws(SecretError) -> APIKey? {
        guard let path = secretFile else { return nil }
        let loaded: LoadedAPIKey
        do throws(APIKeyError) {
            loaded = try LoadedAPIKey.read(.file(path), at: path, what: secretName)
        } catch {
            throw SecretError(description: error.description)
        }
        guard let key = loaded.key else {
            throw SecretError(description: "no \(secretName): \(path) does not exist; write it there and reload")
        }
        return key
    }
}
