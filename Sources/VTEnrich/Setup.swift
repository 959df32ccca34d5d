import Logging

/// A configuration together with its API keys: what a start or a reload takes whole or not at all.
struct Setup {
    var configuration: Configuration
    var key: APIKey?
    /// Of AbuseIPDB; nil: it is not asked.
    var abuseKey: APIKey?
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
            let (abuseKey, problem) = loaded.configuration.loadAbuseKey()
            return Setup(
                configuration: loaded.configuration, key: key.key, abuseKey: abuseKey,
                warnings: loaded.warnings.map(\.description) + [key.warning, problem].compactMap { $0 })
        } catch {
            throw StartError(.configuration, "\(path): virustotal.api_key_file: \(error)")
        }
    }

    /// nil without a key: the daemon follows and queues. Without AbuseIPDB's it asks VirusTotal alone.
    func client(store: Store, clock: Clock, log: Logger) -> (any ReputationClient)? {
        guard let key else { return nil }
        return CompletedClient.make(configuration, key: key, abuseKey: abuseKey, store: store, clock: clock, log: log)
    }
}
