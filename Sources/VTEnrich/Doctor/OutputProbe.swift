import Glibc
import VTEnrichCore

/// What `doctor` says of the outputs without sending anything: whether secret and template can be used. As the service's user.
enum OutputProbe {
    static func findings(_ configuration: Configuration) -> [Finding] {
        configuration.outputs.map { output in
            do throws(SecretError) {
                _ = try output.channel(secret: try output.loadSecret())
                let text = "\(output.name): ready; vtenrichd doctor --output \(output.name) sends a test message"
                return Finding(.output, .ok, text)
            } catch {
                return finding(error, output.name)
            }
        } + [configuration.loadAbuseKey().problem].compactMap { $0 }.map { Finding(.key, .fail, $0) }
    }

    static func finding(_ error: SecretError, _ name: String) -> Finding {
        let parts = error.description.split(separator: "; run: ", maxSplits: 1)
        let remedy = parts.count > 1 ? String(parts[1]) : nil
        return Finding(.output, .fail, "\(name): \(parts.first ?? "")", remedy: remedy)
    }
}

/// `doctor --output NAME`: sends a marked test message, past the outbox and its limits, and tells what came back.
extension Doctor {
    /// Blocks for files; as root it becomes the service's user first, who must be able to read the secret.
    package func test(output name: String) async -> [Finding] {
        let loaded: LoadedConfiguration
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationReader.load(path: configurationPath)
        } catch {
            return refused(error)
        }
        let configuration = loaded.configuration
        guard var output = configuration.outputs.first(where: { $0.name == name }) else {
            let names = configuration.outputs.map(\.name).joined(separator: ", ")
            let text = "no output is called \(name); there are: \(names.isEmpty ? "none" : names)"
            return [Finding(.output, .fail, text, remedy: "add it to outputs in \(configurationPath.shellWord)")]
        }
        let daemon = Store.runningDaemon(directory: configuration.stateDirectory)
        var findings = becomeServiceUser(
            ServiceUser.find(stateDirectory: configuration.stateDirectory, daemon: daemon),
            hasState: access(configuration.stateDirectory, F_OK) == 0)
        // A case of its own for each test.
        output.onceADay = false
        do throws(SecretError) {
            let channel = try output.channel(secret: try output.loadSecret())
            let now = Clock.system.wall()
            let bodies: [[UInt8]] =
                switch output.kind {
                case .cdb: []
                case .file: [TestNotice.event(now: now)]
                case .thehive, .webhook, .email: [TestNotice.notice(now: now)]
                }
            findings.append(Self.finding(await channel.send(bodies), output))
        } catch {
            findings.append(OutputProbe.finding(error, name))
        }
        return findings
    }

    static func finding(_ outcome: OutputOutcome, _ output: OutputSettings) -> Finding {
        let sent = output.kind == .cdb ? "" : "a test message was sent: "
        switch outcome {
        case .delivered(let answer): return Finding(.output, .ok, "\(output.name): \(sent)\(answer)")
        case .unanswered(let cause):
            return Finding(.output, .warn, "\(output.name): a test message may have arrived: \(cause)")
        case .retry(let cause, _): return Finding(.output, .fail, "\(output.name): \(cause)")
        case .dead(let cause), .refused(let cause): return Finding(.output, .fail, "\(output.name): refused: \(cause)")
        case .stopped: return Finding(.output, .fail, "\(output.name): stopped before the answer")
        }
    }
}
