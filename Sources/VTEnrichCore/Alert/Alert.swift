/// What the daemon keeps of one line of `alerts.json` (`wazuh.md` §3).
///
/// Only named fields are read; free text never gives an address. All text is valid UTF-8 and otherwise as analysisd wrote
/// it: it is the attacker's, and is escaped where it goes out.
package struct Alert: Sendable, Equatable {
    package struct Rule: Sendable, Equatable {
        /// `rule.id`, a string of digits in the file.
        package var id: String
        /// `rule.level`, 1...16; nil when absent.
        package var level: Int?
        package var description: String?
        package var groups: [String]

        package init(id: String, level: Int?, description: String? = nil, groups: [String] = []) {
            self.id = id
            self.level = level
            self.description = description
            self.groups = groups
        }
    }

    package struct Agent: Sendable, Equatable {
        /// `000` is the manager itself.
        package var id: String
        package var name: String
        /// Absent for the manager and for agents registered with "any".
        package var ip: String?

        package init(id: String, name: String, ip: String? = nil) {
            self.id = id
            self.name = name
            self.ip = ip
        }
    }

    /// Unique on one node, not across nodes (`wazuh.md` §3).
    package var id: String
    /// `2025-07-21T12:41:18.157+0000`: when analysisd processed the event, in the manager's zone.
    package var timestamp: String
    package var rule: Rule
    /// nil for agentless alerts.
    package var agent: Agent?
    package var manager: String?
    package var node: String?
    package var location: String?
    package var fullLog: String?
    /// `data.integration`, by which our own events are known.
    package var integration: String?
    /// `data.virustotal_ip.id`: the id of our own event that came back, for its confirmation.
    package var eventID: String?
    /// The text values of the configured address fields, in the order of the configuration; an array gives its elements.
    package var addressFields: [String]

    package init(
        id: String, timestamp: String, rule: Rule, agent: Agent? = nil, manager: String? = nil, node: String? = nil,
        location: String? = nil, fullLog: String? = nil, integration: String? = nil, eventID: String? = nil,
        addressFields: [String] = []
    ) {
        self.id = id
        self.timestamp = timestamp
        self.rule = rule
        self.agent = agent
        self.manager = manager
        self.node = node
        self.location = location
        self.fullLog = fullLog
        self.integration = integration
        self.eventID = eventID
        self.addressFields = addressFields
    }

    /// Where the alert's id is unique: the cluster node, else the manager (`wazuh.md` §3).
    package var origin: String { node ?? manager ?? "" }
}
