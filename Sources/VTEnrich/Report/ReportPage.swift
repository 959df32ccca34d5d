package import VTEnrichCore

/// The report as one HTML page that needs nothing else: no network, no script; in light, in dark and on paper.
package struct ReportPage {
    let data: ReportData
    let host: String
    let version: String
    /// Requests a day that the key allows.
    let dayLimit: Int
    let verdictSettings: VerdictSettings

    package init(
        _ data: ReportData, host: String, version: String, dayLimit: Int, verdictSettings: VerdictSettings
    ) {
        self.data = data
        self.host = host
        self.version = version
        self.dayLimit = dayLimit
        self.verdictSettings = verdictSettings
    }

    package var html: String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>vtenrichd report, \(host), \(Figures.date(data.from)) – \(Figures.longDate(data.to))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <header>
            <p class="brand">vtenrichd report</p>
            <h1>What VirusTotal knows of the addresses behind our alerts</h1>
            <p class="when"><b>\(host)</b> · \(Figures.longDate(data.from)) 00:00 to \(Figures.longDate(data.to)) \
            \(Figures.time(data.to)) · all times UTC</p>
            </header>
            <main>
            \(summary)
            \(overTime)
            \(addresses)
            <div class="pair">\(ranking(.owner))\(ranking(.country))</div>
            <div class="pair">\(ranking(.rule))\(ranking(.agent))</div>
            <div class="pair">\(quota)\(waiting)</div>
            \(dayTable)
            \(notes)
            </main>
            </body>
            </html>

            """
        return page.source
    }

    // MARK: Summary

    var answered: Int { ReportData.outcomes.reduce(0) { $0 + data.sum($1) } }
    var requests: Int { data.days.reduce(0) { $0 + $1.ours } }

    private var summary: Markup {
        """
        <section class="summary" aria-label="Summary">
        <p class="lead">\(sentence)</p>
        <dl class="tiles">
        \(ReportData.outcomes.map(tile))
        <div><dt>Lookups</dt><dd>\(Figures.count(requests))</dd><dd class="small">\(savings)</dd></div>
        <div><dt>Wait for the verdict</dt><dd>\(waitOf(half: true))</dd><dd class="small">half of them; 95 % \(waitOf(half: false))</dd></div>
        </dl>
        </section>
        """
    }

    private var sentence: String {
        let accepted = data.sum("accepted")
        guard answered > 0 else {
            return accepted == 0
                ? "No alert with a public source address came in this time."
                : "\(Figures.count(accepted, "alert")) came from public addresses; none has been answered yet."
        }
        let malicious = data.sum("malicious")
        let about =
            "Of \(Figures.count(answered, "alert")) from public addresses, \(Figures.count(malicious)) "
            + "(\(Figures.share(malicious, of: answered))) came from addresses that VirusTotal holds to be malicious."
        let unenriched = data.sum("unenriched")
        let without =
            unenriched == 0
            ? " Every one of them got its verdict."
            : " \(Figures.count(unenriched)) (\(Figures.share(unenriched, of: answered))) went out without a verdict."
        return about + without
            + (data.pending > 0 ? " \(Figures.count(data.pending)) wait for a lookup at the moment." : "")
    }

    private func tile(_ outcome: String) -> Markup {
        let count = data.sum(outcome)
        return """
            <div class="\(outcome)"><dt>\(Self.heading(of: outcome))</dt><dd>\(Figures.count(count))</dd>\
            <dd class="small">\(answered > 0 ? Figures.share(count, of: answered) + " of the alerts" : "no alerts")</dd></div>
            """
    }

    private var savings: String {
        guard requests > 0, answered > 0 else { return "sent to VirusTotal" }
        let each = Double(answered) / Double(requests)
        return each < 1.05 ? "sent to VirusTotal" : "one for \(tenths(each)) alerts"
    }

    private func tenths(_ number: Double) -> String {
        number >= 10
            ? Figures.count(Int(number.rounded())) : "\(Int(number * 10 + 0.5) / 10).\(Int(number * 10 + 0.5) % 10)"
    }

    /// `≤ 1 s`: the step in which the half, or 95 %, of the alerts is reached.
    private func waitOf(half: Bool) -> String {
        let all = data.waits.values.reduce(0, +)
        guard all > 0 else { return "–" }
        var reached = 0
        for (bucket, limit) in WaitingTime.limits.enumerated() {
            reached += data.waits[bucket] ?? 0
            if half ? reached * 2 >= all : reached * 20 >= all * 19 {
                return "≤\u{A0}\(limit.name.replacing(" ", with: "\u{A0}"))"
            }
        }
        return "> \(WaitingTime.limits.last?.name ?? "")"
    }

    static func heading(of outcome: String) -> String {
        switch outcome {
        case "malicious": "Malicious"
        case "suspicious": "Suspicious"
        case "unknown": "Unknown"
        default: "Not enriched"
        }
    }
}
