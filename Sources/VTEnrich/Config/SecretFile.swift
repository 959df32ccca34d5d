/// A secret that is there and must not be used, or is not there, with what mends it. Never holds a part of it.
package struct SecretError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
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
