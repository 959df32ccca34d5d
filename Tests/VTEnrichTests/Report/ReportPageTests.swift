import Foundation
import Support
import Testing
import VTEnrichCore

@testable import VTEnrich

/// The page, from values alone.
struct ReportPageTests {
    private static let noon = 20_000.0 * 86_400 + 43_200

    /// Ends of everything that it could stand in, and what a browser would run or load.
    private static let hostile =
        "</title></style></svg></td>\"'`><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>"
        + "{}*{background:url(//evil.example)}&lt;\u{202E}\u{0}\u{1B}[31m]]>-->"

    private func data(name: String = "OWNER", label: String? = nil) -> ReportData {
        var data = ReportData(from: Self.noon - 43_200 - 7 * 86_400, to: Self.noon)
        for hour in 0..<170 {
            data.hours[Int(data.from) / 3_600 + hour] = [
                "accepted": 9, "malicious": 4, "suspicious": 1, "unknown": 3, "unenriched": 1,
            ]
        }
        data.waits = [0: 900, 5: 460]
        for subject in Subject.allCases {
            var ranking = ReportData.Ranking()
            let name = subject == .address ? "45.0.0.1" : name
            ranking.rows = [.init(name: name, label: label, malicious: 680, atLeast: 1_500, atMost: 1_530)]
            (ranking.kept, ranking.alerts) = (1, 1_530)
            data.names[subject] = ranking
        }
        let facts = ReputationFacts(stats: .init(malicious: 11, total: 94), country: name, owner: name)
        data.verdicts["45.0.0.1"] = CachedVerdict(
            reputation: .found(facts), verdict: .malicious, fetchedAt: Self.noon, expiresAt: Self.noon + 100)
        data.days = [.init(date: UTCDate(wall: Self.noon).description, ours: 480, others: 20)]
        return data
    }

    /// The page with what came from outside taken out of the tags: its elements and attributes alone.
    private func tags(_ html: String) -> [String] {
        html.matches(of: /<[a-zA-Z\/!][^>]*>/).map { String($0.0) }
    }

    @Test func `outside text breaks out of nothing: the page has the same elements with it as without`() throws {
        let calm = ReportPage.sample(data(label: "label")).html
        let page = ReportPage(
            data(name: Self.hostile, label: Self.hostile), host: Self.hostile, version: "0.1.0", dayLimit: 500,
            verdictSettings: Configuration().verdict
        ).html
        #expect(tags(page).count == tags(calm).count)
        #expect(!page.contains("<script") && !page.contains("<img") && page.contains("&lt;script&gt;"))
        #expect(tags(page).allSatisfy { $0.firstMatch(of: /\son[a-z]+=/) == nil })
        for scalar in page.unicodeScalars where scalar != "\n" {
            let harm: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
            #expect(!harm.contains(scalar.properties.generalCategory), "U+\(String(scalar.value, radix: 16))")
        }
        // The style sheet is the program's own.
        #expect(page.contains("<style>\(ReportPage.style.source)</style>") && !ReportPage.style.source.contains("url("))
    }

    @Test func `markup escapes text for element and attribute, and cuts what is long`() {
        let text: Markup = "<a title=\"\("\"><b x='`&")\">\(String(repeating: "x", count: 5_000))</a>"
        #expect(text.source.hasPrefix("<a title=\"&quot;&gt;&lt;b x=&#39;&#96;&amp;\">xxx"))
        #expect(text.source.count < 300 && text.source.hasSuffix("x…</a>"))
    }

    @Test func `the page loads nothing and runs nothing`() {
        let html = ReportPage.sample(data()).html
        #expect(html.contains("default-src 'none'; style-src 'unsafe-inline'"))
        #expect(!html.contains("<script") && !html.contains("<link") && !html.contains("@import"))
        for match in html.matches(of: /(?:src|href|xlink:href)="([^"]*)"/) {
            #expect(match.1.hasPrefix("https://www.virustotal.com/gui/ip-address/"))
        }
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
    }

    @Test func `every plot says what it shows, and its parts stand inside of it`() throws {
        let html = ReportPage.sample(data()).html
        let charts = html.matches(of: /<svg class="chart"[\s\S]*?<\/svg>/).map { String($0.0) }
        #expect(charts.count == 3)
        for chart in charts {
            let ids = chart.matches(of: /(?:title|desc) id="([^"]+)"/).map { String($0.1) }
            #expect(ids.count == 2 && chart.contains("aria-labelledby=\"\(ids.joined(separator: " "))\""))
            for rect in chart.matches(
                of: /<rect class="[a-z]+" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"/)
            {
                let box = try [rect.1, rect.2, rect.3, rect.4].map { try #require(Double($0)) }
                #expect(box[0] >= 50 && box[0] + box[2] <= 720 && box[1] >= 13 && box[1] + box[3] <= 205, "\(rect.0)")
            }
        }
        #expect(html.contains("limit 500"))
    }

    @Test func `it tells the sums, what is between bounds, and where nothing came`() {
        let html = ReportPage.sample(data()).html
        #expect(html.contains("Of 1,530 alerts from public addresses, 680 (44 %) came from"))
        #expect(
            html.contains("1,500–1,530") && html.contains("≤\u{A0}1\u{A0}s") && html.contains("it was reached on 1 day")
        )
        let empty = ReportPage.sample(ReportData(from: 0, to: 0)).html
        #expect(empty.contains("No alert with a public source address came in this time."))
        #expect(empty.contains("none in this time") && !empty.contains("nan") && !empty.contains("inf"))
    }

    @Test(arguments: [(0, 1), (1, 1), (4, 4), (5, 6), (999, 1_000), (1_000_001, 1_500_000)])
    func `gridlines are few and round, and reach the highest`(highest: Int, last: Int) {
        let ticks = Figures.ticks(upTo: highest)
        #expect(ticks.first == 0 && (highest == 0 || ticks.last == last) && ticks.count <= 5, "\(ticks)")
    }

    @Test(arguments: [0.1, 1, 3, 7, 14, 31, 90, 400]) func `a plot has at most a hundred columns, a few of them named`(
        days: Double
    ) {
        let from = Self.noon - 43_200 - (days * 86_400).rounded(.down)
        let bins = TimeBins(from: (from / 86_400).rounded(.down) * 86_400, to: Self.noon)
        let labels = (0..<bins.count).compactMap { bins.label($0) }
        #expect(bins.count <= 100 && labels.count >= 3 && labels.count <= 14, "\(bins.count) \(labels)")
        let all = bins.sums(of: [bins.first: ["a": 1], bins.first + bins.count * bins.hours - 1: ["a": 2]])
        #expect(all.reduce(0) { $0 + ($1["a"] ?? 0) } == 3)
        let quota = DayBins(from: from, to: Self.noon)
        #expect(quota.count <= 60 && (0..<quota.count).compactMap { quota.label($0) }.count <= 8)
    }

    @Test func `shares never round to all or to nothing`() {
        #expect(Figures.share(1, of: 1_000) == "< 1 %" && Figures.share(999, of: 1_000) == "> 99 %")
        #expect(
            Figures.share(0, of: 5) == "0 %" && Figures.share(5, of: 5) == "100 %" && Figures.share(0, of: 0) == "–")
        #expect(Figures.count(1_234_567) == "1,234,567" && Figures.count(1, "day") == "1 day")
    }
}
