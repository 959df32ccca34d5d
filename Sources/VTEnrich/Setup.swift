/// A configuration together with its API key: what a start or a reload takes whole or not at all.
struct Setup {
    var configuration: Configuration
    var key: APIKey?
    /// For the log.
    var warnings: [String]

    /// Throws `StartError` of kind `configuration` with every problem, one a line.
    static func load(path: String, environment: [String: String]) throws(StartError) -> Setup {
        let loaded: LoadedConfiguration
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationReader.load(path: path)
        } catch {
            throw StartError(.configuration, error.description)
        }
        do throws(APIKeyError) {
            let key = try LoadedAPIKey.load(for: loaded.configuration.virusTotal, environment: environment)
            return Setup(
                configuration: loaded.configuration, key: key.key,
                warnings: loaded.warnings.map(\.description) + (key.warning.map { [$0] } ?? []))
        } catch {
            throw StartError(.configuration, "\(path): virustotal.api_key_file: \(error)")
        }
    }

    /// nil without a key: the daemon follows and queues.
    func client() -> (any ReputationClient)? {
        guard let key else { return nil }
        return VirusTotalClient(settings: configuration.virusTotal, key: key)
    }
}
