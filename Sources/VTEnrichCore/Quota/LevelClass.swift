/// The classes in which Wazuh's dashboard counts rule levels: what is serious is asked about first.
package enum LevelClass: Int, Sendable, Comparable, CaseIterable {
    case low
    case medium
    case high
    case critical

    package init(level: Int) {
        self =
            switch level {
            case ..<7: .low
            case ..<12: .medium
            case ..<15: .high
            default: .critical
            }
    }

    package static func < (left: LevelClass, right: LevelClass) -> Bool { left.rawValue < right.rawValue }
}
