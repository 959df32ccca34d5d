import Support
import Testing

@testable import VTEnrichCore

struct FrequentNamesTests {
    @Test func `counts are exact while all names fit`() {
        var names = FrequentNames(capacity: 10)
        for number in 0..<200 { names.add("n\(number % 20)", label: nil, alerts: 1, malicious: number % 2) }
        #expect(names.counts.count == 20 && names.floor == 0 && names.total == 200)
        #expect(names.counts["n3"] == .init(alerts: 10, malicious: 10))
        #expect(names.counts["n4"] == .init(alerts: 10, malicious: 0))
    }

    @Test(arguments: [1, 2, 3, 4, 5]) func `whatever comes, true counts lie between the bounds, in bounded memory`(
        seed: UInt64
    ) {
        var generator = Seeded(seed)
        var names = FrequentNames(capacity: 20)
        var truth: [String: Int] = [:]
        for _ in 0..<20_000 {
            // A few are frequent, most come once.
            let number =
                Int.random(in: 0..<10, using: &generator) < 4
                ? Int.random(in: 0..<8, using: &generator) : Int.random(in: 0..<5_000, using: &generator)
            names.add("n\(number)", label: nil, alerts: 1, malicious: 1)
            truth["n\(number)", default: 0] += 1
            #expect(names.counts.count <= 40)
        }
        #expect(names.total == 20_000 && names.floor > 0)
        for (name, count) in truth {
            guard let kept = names.counts[name] else {
                #expect(count <= names.floor, "\(name) is not kept")
                continue
            }
            #expect(kept.alerts - kept.excess <= count && count <= kept.alerts, "\(name)")
            #expect(kept.malicious <= count)
        }
        for number in 0..<8 { #expect(names.counts["n\(number)"] != nil) }
    }

    @Test func `a name that comes late and often is found among those that filled the table early`() {
        var names = FrequentNames(capacity: 10)
        for number in 0..<1_000 { names.add("early-\(number)", label: nil, alerts: 1, malicious: 0) }
        for _ in 0..<500 { names.add("late", label: nil, alerts: 1, malicious: 1) }
        let first = names.counts.max { $0.value.alerts < $1.value.alerts }
        #expect(first?.key == "late" && first?.value.malicious == 500)
        #expect((first?.value.excess ?? 0) <= names.floor)
    }

    @Test func `changes are told once, and a drop asks for all to be written`() {
        var names = FrequentNames(capacity: 2)
        for name in ["a", "b", "c", "d"] { names.add(name, label: nil, alerts: 1, malicious: 0) }
        #expect(names.takeChanges() == .init(names: ["a", "b", "c", "d"], hasDropped: false))
        names.add("a", label: "A", alerts: 1, malicious: 0)
        #expect(names.takeChanges() == .init(names: ["a"], hasDropped: false))
        names.add("e", label: nil, alerts: 1, malicious: 0)
        #expect(names.takeChanges().hasDropped && names.counts.count == 3 && names.counts["a"]?.label == "A")
        #expect(names.takeChanges() == .init())
    }

    @Test func `waiting times fall into the step that names them`() {
        for (seconds, name) in [(-5.0, "1 s"), (0.2, "1 s"), (1, "1 s"), (1.1, "10 s"), (60, "1 min"), (21_600, "6 h")]
        {
            #expect(WaitingTime.limits[WaitingTime.bucket(seconds)].name == name, "\(seconds)")
        }
        #expect(WaitingTime.bucket(21_601) == WaitingTime.limits.count)
    }
}
