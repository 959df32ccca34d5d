import Foundation
import Glibc
import Support
import Testing

@testable import VTEnrich

/// The probes of `doctor`, each on what it finds and what it says.
struct ProbeTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    // MARK: Files

    @Test func `alerts.json is told with its age, a silent one is to be looked at`() throws {
        let path = try folder.write("alerts.json", "{}\n")
        let now = Date().timeIntervalSince1970
        #expect(FileProbes.alerts(path, now: now).map(\.grade) == [.ok])
        let old = FileProbes.alerts(path, now: now + 3 * 86_400)
        #expect(old[0].grade == .warn && old[0].text.hasSuffix("3 B, last written 3 days ago"))
    }

    @Test func `no alerts.json, and something else in its place`() throws {
        let missing = FileProbes.alerts(folder["alerts.json"], now: 0)
        #expect(missing[0].grade == .fail && missing[0].text.contains("<jsonout_output>yes"))
        #expect(missing[0].remedy == "systemctl start wazuh-manager")
        #expect(FileProbes.alerts(folder.path, now: 0)[0].text.hasSuffix("is not a regular file"))
    }

    @Test func `the state directory is told with its free space, or how to make it`() throws {
        try folder.makeFolder(of: folder["state/x"])
        chmod(folder["state"], 0o755)
        let open = FileProbes.state(folder["state"])
        #expect(open[0].grade == .warn && open[0].remedy == "chmod 750 \(folder["state"])")
        chmod(folder["state"], 0o750)
        #expect(FileProbes.state(folder["state"]).map(\.stage) == [.state])
        let missing = FileProbes.state(folder["none"])
        #expect(missing[0].grade == .fail && missing[0].remedy?.hasPrefix("install -d -o ") == true)
    }

    @Test func `a database that cannot be read is a failure`() throws {
        try folder.write("state.db", String(repeating: "no database ", count: 100))
        var finding: Finding?
        do throws(StoreError) {
            finding = FileProbes.database(.success(try Store.inspect(directory: folder.path)))
        } catch {
            finding = FileProbes.database(.failure(error))
        }
        #expect(finding?.grade == .fail && finding?.text.contains(folder["state.db"]) == true)
    }

    @Test func `the queue socket is connected to, and sees nothing of it`() async throws {
        let analysisd = try AnalysisdStandIn(path: folder["queue"])
        var configuration = Configuration()
        configuration.analysisd?.socket = folder["queue"]
        #expect(FileProbes.outputs(configuration) == [Finding(.output, .ok, "\(folder["queue"]), analysisd listens")])
        analysisd.exit()
        let refused = FileProbes.outputs(configuration)[0]
        #expect(refused.grade == .fail && refused.remedy == "systemctl restart wazuh-manager")
        analysisd.removePath()
        let missing = FileProbes.outputs(configuration)[0]
        #expect(missing.grade == .fail && missing.text.contains("analysisd has not made it"))
        #expect(analysisd.receivedCount == 0)
    }

    @Test func `without analysisd only the file is looked at`() throws {
        var configuration = Configuration()
        configuration.analysisd = nil
        configuration.outputFile = folder["events.json"]
        #expect(FileProbes.outputs(configuration).map(\.grade) == [.ok])
        configuration.outputFile = folder["none/events.json"]
        #expect(FileProbes.outputs(configuration).map(\.grade) == [.fail])
    }

    // MARK: Clock

    private static let clocks: [(ClockProbe, Finding.Grade, String)] = [
        (clock(), .ok, "kept by a time service"), (clock(isSynchronized: nil), .ok, "2025-12-05T09:30:00Z"),
        (clock(isSynchronized: false), .warn, "no time service keeps it"),
        (clock(wall: 86_400), .fail, "which is past"),
        (clock(latestKnown: 1_764_927_000 + 3_600), .warn, "2025-12-05T10:30:00Z was seen already: set back"),
        (clock(latestKnown: 1_764_927_000 + 5), .ok, "kept"), (clock(bootID: "unknown"), .warn, "boot id is hidden"),
        (clock(boot: (100, 99)), .fail, "runs backwards"),
    ]

    private static func clock(
        wall: Double = 1_764_927_000, bootID: String = "b", boot: (Double, Double) = (100, 100),
        latestKnown: Double? = nil, isSynchronized: Bool? = true
    ) -> ClockProbe {
        ClockProbe(wall: wall, bootID: bootID, boot: boot, latestKnown: latestKnown, isSynchronized: isSynchronized)
    }

    @Test(arguments: clocks)
    func `a clock is believed unless it contradicts itself`(clock: ClockProbe, grade: Finding.Grade, text: String) {
        #expect(clock.findings.count == 1)
        #expect(clock.findings[0].grade == grade && clock.findings[0].text.contains(text), "\(clock.findings)")
    }

    @Test func `this machine's own clock can be read`() {
        #expect(!ClockProbe.read(.system, latestKnown: nil).findings.isEmpty)
    }

    // MARK: Confirmations and quotas

    @Test(
        arguments: [
            ([:], Finding.Grade.ok, "no event was sent"), ([.sent: 9], .ok, "none awaited long enough"),
            ([.sent: 9, .confirmed: 9], .ok, "9 events came back"), ([.sent: 9, .unconfirmed: 9], .fail, "none of 9"),
            ([.sent: 99, .confirmed: 50, .unconfirmed: 49], .warn, "50 events came back as alerts, 49 did not"),
        ] as [([Counter: Int], Finding.Grade, String)])
    func `events that do not come back are told`(counters: [Counter: Int], grade: Finding.Grade, text: String) {
        let finding = Confirmations.finding(counters, confirm: .auto)
        #expect(finding.grade == grade && finding.text.contains(text), "\(finding)")
        #expect(Confirmations.finding(counters, confirm: .off).grade == .ok)
    }

    private static let quotas: [(LookupAnswer<ServerQuota>, Finding.Grade, String)] = [
        (.value(quota(12, of: 500)), .ok, "12 of 500 today, 12 of 15500 this month"),
        (.value(quota(500, of: 500)), .warn, "nothing is left"),
        (.value(quota(1, of: 100)), .warn, "configured are 500 and 15500, more than the key has"),
        (
            .failure(ProviderFailure(action: .stop, status: 401, message: "the API key is rejected", wasSent: true)),
            .fail, "rejected"
        ),
    ]

    private static func quota(_ used: Int, of allowed: Int) -> ServerQuota {
        ServerQuota(dayUsed: used, dayAllowed: allowed, monthUsed: used, monthAllowed: allowed * 31)
    }

    @Test(arguments: quotas)
    func `the key's quotas are compared with the configured ones`(
        answer: LookupAnswer<ServerQuota>, grade: Finding.Grade, text: String
    ) {
        let finding = QuotaProbe.judge(answer, Configuration.VirusTotal())
        #expect(finding.grade == grade && finding.text.contains(text), "\(finding)")
    }

    // MARK: Connection

    @Test func `a connection sends no request, and no connection is a warning until VirusTotal is asked`() async throws
    {
        let standIn = try VirusTotalStandIn()
        var settings = Configuration.VirusTotal()
        settings.url = standIn.url
        let good = await ConnectionProbe.connect(settings)
        let finding = ConnectionProbe.finding(good, settings, isLive: false)
        #expect(finding.grade == .ok && finding.text.contains("127.0.0.1 port \(standIn.port)"), "\(finding)")
        standIn.stop()
        #expect(standIn.requests.isEmpty)
        let bad = await ConnectionProbe.connect(settings)
        #expect(ConnectionProbe.finding(bad, settings, isLive: false).grade == .warn)
        #expect(ConnectionProbe.finding(bad, settings, isLive: true).grade == .fail)
    }
}
