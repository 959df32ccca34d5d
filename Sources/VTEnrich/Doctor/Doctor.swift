import Glibc

/// The examination behind `doctor`: one probe after the other, each only looking. As root it becomes the service's user on the
/// way, for good, since what root can read says nothing.
package struct Doctor {
    let configurationPath: String
    private let environment: [String: String]
    /// Whether VirusTotal may be asked.
    private let isLive: Bool
    private let clock = Clock.system

    package init(configurationPath: String, environment: [String: String], live: Bool) {
        self.configurationPath = configurationPath
        self.environment = environment
        isLive = live
    }

    /// Blocks for files and the control socket; ends early where the configuration cannot be used.
    package func examine() async -> [Finding] {
        let loaded: LoadedConfiguration
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationReader.load(path: configurationPath)
        } catch {
            return refused(error)
        }
        let configuration = loaded.configuration
        // As who we are: the service needs none of it.
        let service = service(configuration)
        let ruleset = rules(configuration)
        let daemon = Store.runningDaemon(directory: configuration.stateDirectory)
        let user = becomeServiceUser(
            ServiceUser.find(stateDirectory: configuration.stateDirectory, daemon: daemon),
            hasState: access(configuration.stateDirectory, F_OK) == 0)
        // As the service.
        let (keyFindings, key) = examineKey(configuration.virusTotal, daemonState: service.providerState)
        var findings = examineConfiguration(loaded) + user + keyFindings
        findings += FileProbes.alerts(configuration.alerts.path, now: clock.wall())
        findings += FileProbes.state(configuration.stateDirectory)
        let store = Self.store(configuration.stateDirectory)
        findings += [FileProbes.database(store)].compactMap { $0 } + FileProbes.outputs(configuration) + ruleset
        findings += OutputProbe.findings(configuration)
        let summary = try? store.get()?.summary(alertsPath: configuration.alerts.path, now: clock.wall())
        if let analysisd = configuration.analysisd {
            findings.append(Confirmations.finding(summary?.counters ?? [:], confirm: analysisd.confirm))
        }
        findings.append(service.finding)
        let latest = [summary?.checkpoint?.savedAt, Ruleset.changeTime(of: configuration.alerts.path)].compactMap { $0 }
        findings += ClockProbe.read(clock, latestKnown: latest.max()).findings
        if let finding = await ClusterProbe.finding(configuration) { findings.append(finding) }
        let connection = await ConnectionProbe.connect(configuration.virusTotal)
        findings.append(ConnectionProbe.finding(connection, configuration.virusTotal, isLive: isLive))
        if isLive { findings.append(await QuotaProbe.finding(configuration.virusTotal, key: key)) }
        return findings
    }

    func refused(_ errors: ConfigurationErrors) -> [Finding] {
        errors.issues.map {
            Finding(
                .configuration, $0.severity == .error ? .fail : .warn, $0.description,
                remedy: "vtenrichd check --config \(configurationPath.shellWord)")
        }
    }

    private func examineConfiguration(_ loaded: LoadedConfiguration) -> [Finding] {
        let warnings = loaded.warnings.map { Finding(.configuration, .warn, $0.description) }
        guard access(configurationPath, R_OK) == 0 else {
            let cause = errnoText()
            let access = PathAccess(to: configurationPath)
            let text = "cannot read \(configurationPath): \(cause): \(access?.description ?? configurationPath)"
            return warnings + [Finding(.configuration, .fail, text, remedy: access?.remedy(4))]
        }
        return [Finding(.configuration, .ok, configurationPath)] + warnings
    }

    func becomeServiceUser(_ user: ServiceUser?, hasState: Bool) -> [Finding] {
        if user == nil, !hasState, geteuid() == 0 {
            let text = "there is no account vtenrichd: examined as root, which can read more than the service"
            return [Finding(.user, .warn, text, remedy: "systemd-sysusers")]
        }
        guard let user, user.uid != geteuid() else {
            let text = "examined as \(userName(geteuid()))" + (user == nil ? ", whom the state belongs to" : "")
            return [Finding(.user, .ok, text)]
        }
        guard geteuid() == 0 else {
            let text = "examined as \(userName(geteuid())), the service runs as \(user.description)"
            return [Finding(.user, .warn, text, remedy: "sudo vtenrichd doctor")]
        }
        if let cause = user.become() {
            return [Finding(.user, .warn, "examined as root, since it cannot become \(user.description): \(cause)")]
        }
        return [Finding(.user, .ok, "examined as \(user.description)")]
    }

    /// - Parameter daemonState: what a running daemon says of VirusTotal: it may have the key from a systemd credential.
    private func examineKey(
        _ settings: Configuration.VirusTotal, daemonState: String?
    ) -> (findings: [Finding], key: APIKey?) {
        let daemonHasKey = daemonState.map { $0 != ProviderStatus.State.noKey.rawValue } ?? false
        do throws(APIKeyError) {
            let loaded = try LoadedAPIKey.load(for: settings, environment: environment)
            if loaded.key != nil {
                let grade: Finding.Grade = loaded.warning == nil ? .ok : .warn
                return ([Finding(.key, grade, loaded.warning ?? loaded.source.description)], loaded.key)
            }
            if daemonHasKey {
                return ([Finding(.key, .ok, "the running daemon has one, not from \(loaded.source)")], nil)
            }
            let path = settings.apiKeyFile.shellWord
            let make = "install -o root -g vtenrichd -m 0640 /dev/null \(path) && cat >\(path)  # paste the key, Ctrl-D"
            return ([Finding(.key, .fail, loaded.warning ?? "no API key", remedy: make)], nil)
        } catch {
            // What is not for the service to read is not where its key comes from.
            if daemonHasKey, !settings.apiKeyFileIsSet, access(settings.apiKeyFile, R_OK) != 0 {
                return ([Finding(.key, .ok, "the running daemon has one, not from \(settings.apiKeyFile)")], nil)
            }
            let parts = error.description.split(separator: "; run: ", maxSplits: 1)
            let remedy = parts.count > 1 ? String(parts[1]) : nil
            return ([Finding(.key, .fail, parts.first.map(String.init) ?? "\(error)", remedy: remedy)], nil)
        }
    }

    private func rules(_ configuration: Configuration) -> [Finding] {
        guard let analysisd = configuration.analysisd else { return [] }
        guard let root = Ruleset.root(alerts: configuration.alerts.path, socket: analysisd.socket),
            access(root + "/etc", F_OK) == 0 || errno != ENOENT
        else {
            return [
                Finding(
                    .rules, .warn, "cannot tell: no manager's etc/rules beside \(configuration.alerts.path)",
                    remedy: "/var/ossec/bin/wazuh-logtest -l \(analysisd.location)")
            ]
        }
        let places = ["/usr/share/vtenrichd/rules", "/usr/local/share/vtenrichd/rules"]
        let folder = places.first { access("\($0)/vtenrich_rules.xml", R_OK) == 0 } ?? places[0]
        return Ruleset.read(root: root).findings(
            location: analysisd.location, socketMadeAt: Ruleset.changeTime(of: analysisd.socket),
            ruleFile: "\(folder)/vtenrich_rules.xml")
    }

    private func service(_ configuration: Configuration) -> (finding: Finding, providerState: String?) {
        let socket = configuration.controlSocket
        switch ControlClient.send(.status, to: socket, patience: 2) {
        case .answer(.status(let report)):
            let grade: Finding.Grade = report.health == .healthy ? .ok : .warn
            let text = ["pid \(report.pid ?? 0), \(report.health.rawValue)"] + report.problems
            return (Finding(.service, grade, text.joined(separator: "; ")), report.provider.state)
        case .answer, .hanging:
            return (
                Finding(
                    .service, .fail, "it listens at \(socket) and does not answer",
                    remedy: "systemctl restart vtenrichd"), nil
            )
        case .notAllowed:
            return (Finding(.service, .warn, "may not ask at \(socket)", remedy: "sudo vtenrichd doctor"), nil)
        case .notRunning:
            return (
                Finding(.service, .warn, "not running", remedy: "systemctl enable --now vtenrichd"), nil
            )
        }
    }

    private static func store(_ directory: String) -> Result<Store?, StoreError> {
        do throws(StoreError) {
            return .success(try Store.inspect(directory: directory))
        } catch {
            return .failure(error)
        }
    }
}
