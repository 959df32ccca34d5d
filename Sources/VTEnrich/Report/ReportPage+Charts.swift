import VTEnrichCore

/// The plots: alerts over time, requests by day, waiting times.
extension ReportPage {
    var overTime: Markup {
        let bins = TimeBins(from: data.from, to: data.to)
        let counts = bins.sums(of: data.hours)
        let columns = counts.indices.map { index in
            let parts = ReportData.outcomes.map { (outcome: $0, count: counts[index][$0] ?? 0) }
            let told = parts.filter { $0.count > 0 }.map { "\(Figures.count($0.count)) \(Self.word(for: $0.outcome))" }
            return ColumnChart.Column(
                label: bins.label(index),
                title: bins.name(index) + ": " + (told.isEmpty ? "no alerts" : told.joined(separator: ", ")),
                parts: parts.map { (Self.style(of: $0.outcome), $0.count) })
        }
        let chart = ColumnChart(
            id: "time", title: "Alerts by verdict over time",
            description: "\(Figures.count(answered, "alert")) in \(bins.text) each; the table by day has the numbers.",
            columns: columns)
        return """
            <section><h2>Alerts by verdict <small>\(bins.text) each</small></h2>
            \(legend)
            \(chart.svg)
            </section>
            """
    }

    private var legend: Markup {
        "<ul class=\"legend\">\(ReportData.outcomes.map { "<li class=\"\($0)\">\(Self.heading(of: $0))</li>" as Markup })</ul>"
    }

    static func style(of outcome: String) -> StaticString {
        switch outcome {
        case "malicious": "malicious"
        case "suspicious": "suspicious"
        case "unknown": "unknown"
        default: "unenriched"
        }
    }

    private static func word(for outcome: String) -> String { outcome == "unenriched" ? "not enriched" : outcome }

    var quota: Markup {
        let bins = DayBins(from: data.from, to: data.to)
        let days = bins.sums(of: data.days)
        let highest = days.map { $0.ours + $0.others }.max() ?? 0
        // A limit far above would leave of the columns nothing to see.
        let showsLimit = bins.days == 1 && dayLimit <= max(10, highest * 5)
        let chart = ColumnChart(
            id: "quota", title: "Requests to VirusTotal by day",
            description:
                "At most \(Figures.count(highest)) in \(bins.text); the limit is \(Figures.count(dayLimit)) a day.",
            columns: days.indices.map { index in
                let (ours, others) = days[index]
                return ColumnChart.Column(
                    label: bins.label(index),
                    title: "\(bins.name(index)): \(Figures.count(ours, "request"))"
                        + (others > 0 ? ", and \(Figures.count(others)) by others with the same key" : ""),
                    parts: [("ours", ours), ("others", others)])
            }, limit: showsLimit ? (dayLimit, "limit \(Figures.count(dayLimit))") : nil)
        let full = data.days.count { $0.ours + $0.others >= dayLimit }
        return """
            <section><h2>Requests to VirusTotal <small>by \(bins.days == 1 ? "day" : bins.text)</small></h2>
            \(chart.svg)
            <p class="small">\(Figures.count(requests, "request")) of ours. The limit is \(Figures.count(dayLimit)) a day; \
            \(full == 0 ? "it was never reached" : "it was reached on \(Figures.count(full, "day"))").</p>
            </section>
            """
    }

    var waiting: Markup {
        let all = data.waits.values.reduce(0, +)
        let names = WaitingTime.limits.map { "≤ " + $0.name } + ["> " + (WaitingTime.limits.last?.name ?? "")]
        let chart = ColumnChart(
            id: "waiting", title: "How long alerts waited for their verdict",
            description: "Of \(Figures.count(all, "alert")) with a verdict, by the time from acceptance to the event.",
            columns: names.indices.map { bucket in
                let count = data.waits[bucket] ?? 0
                return ColumnChart.Column(
                    label: names[bucket],
                    title: "\(names[bucket]): \(Figures.count(count, "alert")), \(Figures.share(count, of: all))",
                    parts: [("ours", count)])
            })
        let soon = [0, 1, 2].reduce(0) { $0 + (data.waits[$1] ?? 0) }
        return """
            <section><h2>Wait for the verdict <small>alerts with a verdict</small></h2>
            \(chart.svg)
            <p class="small">\(all == 0 ? "No alert had a verdict." : "\(Figures.share(soon, of: all)) had it within a minute.") \
            What is cached answers at once; what is not waits for the quota.</p>
            </section>
            """
    }
}
