import Glibc

/// What the manager's files mean for our events.
extension Ruleset {
    /// - Parameters:
    ///   - location: `output.analysisd.location`.
    ///   - socketMadeAt: when analysisd made its socket, which is when it started (wall clock).
    ///   - ruleFile: the file to install.
    func findings(location: String, socketMadeAt: Double?, ruleFile: String) -> [Finding] {
        let blind = unreadable.map { Finding(.rules, .warn, "cannot read \($0)", remedy: "ls -ld \(root.shellWord)/*") }
        if rules.isEmpty, !blind.isEmpty { return blind + settingsFindings }
        let install =
            "install -o wazuh -g wazuh -m 0660 \(ruleFile.shellWord) \((root + "/etc/rules/").shellWord) "
            + "&& systemctl restart wazuh-manager"
        var findings = [missingRules(install)].compactMap { $0 } + repeatedRules + locationFindings(location)
        if findings.isEmpty {
            let file = rules[Self.ours.lowerBound]?.first?.file ?? root
            findings = [Finding(.rules, .ok, "\(Self.ours.lowerBound) to \(Self.ours.upperBound) in \(file)")]
            if let changedAt, let socketMadeAt, changedAt > socketMadeAt {
                findings[0].grade = .warn
                findings[0].text += ", changed after analysisd started: not loaded, unless they were reloaded"
                findings[0].remedy = "systemctl restart wazuh-manager"
            }
        }
        return findings + blind + settingsFindings
    }

    private func missingRules(_ install: String) -> Finding? {
        let missing = Self.ours.filter { rules[$0] == nil }
        if missing.count == Self.ours.count {
            let text =
                "\(Self.ours.lowerBound) to \(Self.ours.upperBound) are not below \(root): no event becomes an alert"
            return Finding(.rules, .fail, text, remedy: install)
        }
        if !missing.isEmpty {
            let list = missing.map(String.init).joined(separator: ", ")
            return Finding(.rules, .fail, "missing: \(list); what has such a verdict becomes no alert", remedy: install)
        }
        guard rules[Self.stock] == nil else { return nil }
        let text = "the stock rule \(Self.stock) (0490-virustotal_rules.xml) is missing; ours hang below it"
        return Finding(.rules, .fail, text, remedy: "apt-get install --reinstall wazuh-manager")
    }

    private var repeatedRules: [Finding] {
        let repeated = rules.filter { $0.key != Self.stock && Set($0.value.map(\.file)).count > 1 }
        guard let (id, places) = repeated.min(by: { $0.key < $1.key }) else { return [] }
        let files = places.map(\.file)
        let other = files.first { !$0.hasSuffix("/vtenrich_rules.xml") } ?? files[0]
        let text =
            "\(id)\(repeated.count > 1 ? " and others are" : " is") in \(files.joined(separator: " and in ")): "
            + "only the first that is loaded counts"
        return [Finding(.rules, .warn, text, remedy: "rm \(other.shellWord) && systemctl restart wazuh-manager")]
    }

    private func locationFindings(_ location: String) -> [Finding] {
        guard let place = rules[Self.ours.lowerBound]?.first, let text = place.location, !text.contains(location) else {
            return []
        }
        return [
            Finding(
                .rules, .fail,
                "\(Self.ours.lowerBound) in \(place.file) takes the location \(printable(text)) only, events have \(location)",
                remedy: "set the <location> of the rule or output.analysisd.location")
        ]
    }

    private var settingsFindings: [Finding] {
        let file = root + "/etc/ossec.conf"
        var findings = settingsProblem.map { [Finding(.rules, .warn, $0)] } ?? []
        if settings.jsonOut == false {
            findings.append(
                Finding(
                    .alerts, .fail, "\(file) has <jsonout_output>no: no alert is written to alerts.json",
                    remedy: "set <jsonout_output>yes and restart wazuh-manager"))
        }
        if let level = settings.logAlertLevel, level > 3 {
            findings.append(
                Finding(
                    .rules, .warn,
                    "\(file) has <log_alert_level>\(level): alerts below it, such as ours of level 3, are not written",
                    remedy: "set <log_alert_level>3, or output.analysisd.confirm: off"))
        }
        if let name = settings.integrations.first {
            findings.append(
                Finding(
                    .rules, .warn, "\(file) still has <integration> \(printable(name)): it spends the same quota again",
                    remedy: "remove the block; vtenrichd import \(file.shellWord) prints its filters"))
        }
        return findings
    }
}

/// Whether our events were seen coming back as alerts.
enum Confirmations {
    static func finding(_ counters: [Counter: Int], confirm: Configuration.Analysisd.Confirm) -> Finding {
        func count(_ counter: Counter) -> Int { counters[counter] ?? 0 }
        let (sent, confirmed, unconfirmed) = (count(.sent), count(.confirmed), count(.unconfirmed))
        if confirm == .off { return Finding(.confirmations, .ok, "not looked for (output.analysisd.confirm: off)") }
        if sent == 0 { return Finding(.confirmations, .ok, "no event was sent yet") }
        if confirmed == 0, unconfirmed == 0 {
            return Finding(.confirmations, .ok, "\(sent) events sent, none awaited long enough to tell")
        }
        if confirmed == 0 {
            return Finding(
                .confirmations, .fail,
                "none of \(unconfirmed) events came back as an alert: the rules do not take them",
                remedy: "/var/ossec/bin/wazuh-logtest -l virustotal_ip")
        }
        let text = "\(confirmed) events came back as alerts, \(unconfirmed) did not"
        guard unconfirmed * 20 > confirmed else { return Finding(.confirmations, .ok, text) }
        return Finding(
            .confirmations, .warn, text + ": analysisd drops them, or log_alert_level hides them",
            remedy: "grep events_dropped /var/ossec/var/run/wazuh-analysisd.state")
    }
}
