import Foundation
import VTEnrichCore

/// The tables: who and what it was, and the numbers by day.
extension ReportPage {
    // MARK: Names

    var addresses: Markup {
        let ranking = data.names[.address] ?? ReportData.Ranking()
        let highest = ranking.rows.map(\.atMost).max() ?? 0
        return """
            <section class="wide"><h2>Addresses <small>\(known(ranking, "address", "addresses"))</small></h2>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Address</th><th scope="col">Verdict now</th><th scope="col">Owner</th>\
            <th scope="col">Country</th><th scope="col" class="number">Alerts</th><th scope="col" class="bars">Malicious</th>\
            </tr></thead>
            <tbody>\(ranking.rows.map { address($0, highest) })\(none(ranking, columns: 6))</tbody>
            </table></div></section>
            """
    }

    private func address(_ row: ReportData.Ranking.Row, _ highest: Int) -> Markup {
        let entry = data.verdicts[row.name]
        let verdict: [Markup] = [entry.map { badge(verdictNow($0), $0) } ?? "<span class=\"faint\">not cached</span>"]
        return """
            <tr><th scope="row" class="address"><a href="https://www.virustotal.com/gui/ip-address/\(row.name)" \
            rel="noreferrer">\(row.name)</a></th>\
            <td>\(verdict)</td>\
            <td class="name"><bdi>\(entry?.facts?.owner ?? "–")</bdi></td><td><bdi>\(entry?.facts?.country ?? "–")</bdi></td>\
            <td class="number">\(count(row))</td><td class="bars">\(bar(row, highest))</td></tr>
            """
    }

    private func verdictNow(_ entry: CachedVerdict) -> String {
        guard let facts = entry.facts else { return entry.outcome }
        return VerdictFlow.judge(facts, pivot: entry.pivot, now: data.to, settings: verdictSettings).verdict.rawValue
    }

    private func badge(_ verdict: String, _ entry: CachedVerdict) -> Markup {
        let stats = entry.facts?.stats
        let engines = stats.map { " \($0.malicious)/\($0.total)" } ?? ""
        return
            "<span class=\"badge \(Self.style(of: verdict))\">\(verdict)</span><span class=\"faint\">\(engines)</span>"
    }

    func ranking(_ subject: Subject) -> Markup {
        let ranking = data.names[subject] ?? ReportData.Ranking()
        let rows = ranking.rows.prefix(10)
        let highest = rows.map(\.atMost).max() ?? 0
        let (title, one, many) = Self.titles(of: subject)
        return """
            <section><h2>\(title) <small>\(known(ranking, one, many))</small></h2>
            <table><thead><tr><th scope="col">\(one.capitalized)</th><th scope="col" class="number">Alerts</th>\
            <th scope="col" class="bars">Malicious</th></tr></thead>
            <tbody>\(rows.map { line($0, highest) })\(none(ranking, columns: 3))</tbody></table></section>
            """
    }

    private static func titles(of subject: Subject) -> (title: String, one: String, many: String) {
        switch subject {
        case .address: ("Addresses", "address", "addresses")
        case .owner: ("Owners", "owner", "owners")
        case .country: ("Countries", "country", "countries")
        case .rule: ("Rules", "rule", "rules")
        case .agent: ("Agents", "agent", "agents")
        }
    }

    private func line(_ row: ReportData.Ranking.Row, _ highest: Int) -> Markup {
        let label: [Markup] = row.label.map { [" <span class=\"faint\"><bdi>\($0)</bdi></span>"] } ?? []
        return """
            <tr><th scope="row" class="name"><bdi>\(row.name)</bdi>\(label)</th>\
            <td class="number">\(count(row))</td><td class="bars">\(bar(row, highest))</td></tr>
            """
    }

    /// `1,204`, or `1,190–1,204` where not all is known.
    private func count(_ row: ReportData.Ranking.Row) -> String {
        row.atLeast == row.atMost
            ? Figures.count(row.atMost) : "\(Figures.count(max(0, row.atLeast)))–\(Figures.count(row.atMost))"
    }

    /// The alerts of a row beside the most of all rows, and how many of them are malicious.
    private func bar(_ row: ReportData.Ranking.Row, _ highest: Int) -> Markup {
        guard highest > 0 else { return "" }
        let all = max(0.5, Double(row.atMost) * 100 / Double(highest))
        let bad = row.malicious == 0 ? 0 : max(0.5, min(all, Double(row.malicious) * 100 / Double(highest)))
        let text = "\(Figures.count(row.malicious)) of \(count(row)) malicious"
        return """
            <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="\(text)">\
            <title>\(text)</title><rect class="unknown" width="\(all)" height="10"/>\
            <rect class="malicious" width="\(bad)" height="10"/></svg>\
            <span class="faint">\(row.malicious == 0 ? "none" : Figures.count(row.malicious))</span>
            """
    }

    private func known(_ ranking: ReportData.Ranking, _ one: String, _ many: String) -> String {
        let listed = ranking.floor == 0 ? "" : "more than "
        return "\(listed)\(Figures.count(ranking.kept, one, many))"
    }

    private func none(_ ranking: ReportData.Ranking, columns: Int) -> Markup {
        ranking.rows.isEmpty ? "<tr><td class=\"faint\" colspan=\"\(columns)\">none in this time</td></tr>" : ""
    }

    // MARK: Days

    var dayTable: Markup {
        let bins = DayBins(from: data.from, to: data.to)
        let counts = bins.sums([:], data.hours.map { (day: $0.key / 24, value: $0.value) }) {
            $0.merging($1, uniquingKeysWith: +)
        }
        let requests = bins.sums(of: data.days)
        let whats = ["accepted"] + ReportData.outcomes
        let rows = (0..<bins.count).map { index -> Markup in
            """
            <tr><th scope="row">\(bins.name(index))</th>\
            \(whats.map { "<td class=\"number\">\(Figures.count(counts[index][$0] ?? 0))</td>" as Markup })\
            <td class="number">\(Figures.count(requests[index].ours))</td></tr>
            """
        }
        return """
            <section class="wide"><h2>By day <small>UTC</small></h2><div class="scroll"><table class="days">
            <thead><tr><th scope="col">Day</th><th scope="col" class="number">Alerts in</th>\
            \(ReportData.outcomes.map { "<th scope=\"col\" class=\"number\">\(Self.heading(of: $0))</th>" as Markup })\
            <th scope="col" class="number">Requests</th></tr></thead>
            <tbody>\(rows)</tbody>
            <tfoot><tr><th scope="row">Sum</th>\
            \(whats.map { "<td class=\"number\">\(Figures.count(data.sum($0)))</td>" as Markup })\
            <td class="number">\(Figures.count(self.requests))</td></tr></tfoot>
            </table></div></section>
            """
    }

    // MARK: Notes

    var notes: Markup {
        let floors = Subject.allCases.filter { (data.names[$0]?.floor ?? 0) > 0 }
        let bounded: Markup =
            floors.isEmpty
            ? "Nothing was left out in this time."
            : """
            In this time there were more \(floors.map { Self.titles(of: $0).many }.joined(separator: " and ")) than are kept: \
            those that are not listed had at most \
            \(floors.map { Figures.count(data.names[$0]?.floor ?? 0) }.joined(separator: " and ")) alerts each, \
            and a number such as 190–204 says between which it lies.
            """
        return """
            <section class="wide notes"><h2>How to read this</h2>
            <p><b>Alerts</b> are those that the filters took and that have a public source address; they count when they are \
            answered, “Alerts in” when they came. <b>Unknown</b>: VirusTotal has nothing against the address, or no record. \
            <b>Not enriched</b>: no answer came in time. Verdicts are those the events told; “verdict now” is what the cache \
            has, with malicious and all engines.</p>
            <p>Counts by time and verdict, waits and requests are exact. Of addresses, owners, countries, rules and agents, \
            each day keeps the \(TallyBook.capacity) most frequent at least, for 90 days. \(bounded) Names may lag by ten \
            seconds, and after a crash lack the last ten.</p>
            <p>Made by vtenrichd \(version) on \(Figures.longDate(data.to)) at \(Figures.time(data.to)) UTC. Names come from \
            alerts and from VirusTotal; the page loads nothing and runs nothing.</p>
            </section>
            """
    }
}
