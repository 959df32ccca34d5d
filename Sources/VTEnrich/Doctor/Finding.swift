/// One line of `doctor`: what was looked at, how it is, and the command that mends it.
package struct Finding: Sendable, Equatable, Encodable {
    package enum Grade: String, Sendable, Encodable, Comparable {
        case ok = "OK"
        /// It works, but not as it should, or cannot be told.
        case warn = "WARN"
        case fail = "FAIL"

        private var rank: Int {
            switch self {
            case .ok: 0
            case .warn: 1
            case .fail: 2
            }
        }

        package static func < (left: Grade, right: Grade) -> Bool { left.rank < right.rank }
    }

    /// The order in which they are looked at.
    package enum Stage: String, Sendable, Encodable, CaseIterable {
        case configuration, user, key, alerts, state, output, rules, confirmations, service, clock, cluster, network,
            quota
    }

    package var stage: Stage
    package var grade: Grade
    package var text: String
    /// A command for root's shell, or what to change where no command can.
    package var remedy: String?

    init(_ stage: Stage, _ grade: Grade, _ text: String, remedy: String? = nil) {
        self.stage = stage
        self.grade = grade
        self.text = text
        self.remedy = remedy
    }
}

extension String {
    /// A word for a shell: quoted where it must be.
    var shellWord: String {
        let isPlain = utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain && !isEmpty
            ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
