/// The names that occur most, counted in bounded memory (after the space-saving algorithm of Metwally and others).
///
/// At most twice `capacity` names are kept. When one more comes, the rarer half is dropped, and the largest count among the
/// dropped becomes `floor`: a name that comes later starts there, since it may have been dropped before. So of a name that is
/// kept, `alerts - excess` ... `alerts` came, and of one that is not kept, `floor` at most. Until something is dropped, all
/// counts are exact.
package struct FrequentNames: Sendable, Equatable {
    package struct Count: Sendable, Equatable {
        /// What people call it: the description of a rule, the name of an agent.
        package var label: String?
        package var alerts: Int
        /// Of them malicious; never too high.
        package var malicious: Int
        /// By how much `alerts` may be too high.
        package var excess: Int

        package init(label: String? = nil, alerts: Int, malicious: Int = 0, excess: Int = 0) {
            self.label = label
            self.alerts = alerts
            self.malicious = malicious
            self.excess = excess
        }
    }

    /// What changed since it was last asked.
    package struct Changes: Sendable, Equatable {
        /// Names that were added or counted.
        package var names: Set<String> = []
        /// Whether names were dropped: then everything is to be written anew.
        package var hasDropped = false
    }

    package let capacity: Int
    package private(set) var counts: [String: Count]
    package private(set) var floor: Int
    /// All that was counted, exactly.
    package private(set) var total: Int
    private var changes = Changes()

    package init(capacity: Int, counts: [String: Count] = [:], floor: Int = 0, total: Int = 0) {
        self.capacity = capacity
        self.counts = counts
        self.floor = floor
        self.total = total
    }

    package mutating func add(_ name: String, label: String?, alerts: Int, malicious: Int) {
        total += alerts
        changes.names.insert(name)
        if counts[name] == nil {
            if counts.count >= 2 * capacity { drop() }
            counts[name] = Count(alerts: floor, excess: floor)
        }
        counts[name]?.alerts += alerts
        counts[name]?.malicious += malicious
        if let label { counts[name]?.label = label }
    }

    package mutating func takeChanges() -> Changes {
        defer { changes = Changes() }
        return changes
    }

    private mutating func drop() {
        let order = counts.sorted { ($0.value.alerts, $1.key) > ($1.value.alerts, $0.key) }
        floor = max(floor, order[capacity].value.alerts)
        counts = Dictionary(uniqueKeysWithValues: order.prefix(capacity).map { ($0.key, $0.value) })
        changes.hasDropped = true
    }
}
