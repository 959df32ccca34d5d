import VTEnrichCore

/// `doctor --live`: the key's quotas as VirusTotal counts them, free of charge (`virustotal.md` §3.2).
enum QuotaProbe {
    static func finding(_ settings: Configuration.VirusTotal, key: APIKey?) async -> Finding {
        guard settings.user != nil else {
            return Finding(
                .quota, .warn, "virustotal.user is not set: without it VirusTotal does not tell the key's quotas",
                remedy: "set virustotal.user to the id of the account, shown on its page at virustotal.com")
        }
        guard let key else { return Finding(.quota, .fail, "no API key: VirusTotal cannot be asked") }
        return judge(await VirusTotalClient(settings: settings, key: key, parallel: 1).serverQuota(), settings)
    }

    static func judge(_ answer: LookupAnswer<ServerQuota>, _ settings: Configuration.VirusTotal) -> Finding {
        switch answer {
        case .failure(let failure):
            let remedy = failure.action == .stop ? "put a valid key into \(settings.apiKeyFile.shellWord)" : nil
            return Finding(.quota, .fail, failure.message, remedy: remedy)
        case .value(let quota):
            let text =
                "\(quota.dayUsed) of \(quota.dayAllowed) today, \(quota.monthUsed) of \(quota.monthAllowed) this month"
            let (day, month) = (settings.quota.perDay, settings.quota.perMonth)
            guard day <= quota.dayAllowed, month <= quota.monthAllowed else {
                return Finding(
                    .quota, .warn, "\(text); configured are \(day) and \(month), more than the key has",
                    remedy: "set virustotal.quota: {per_day: \(quota.dayAllowed), per_month: \(quota.monthAllowed)}")
            }
            guard quota.dayUsed < quota.dayAllowed, quota.monthUsed < quota.monthAllowed else {
                return Finding(.quota, .warn, "\(text): nothing is left")
            }
            return Finding(.quota, .ok, text)
        }
    }
}
