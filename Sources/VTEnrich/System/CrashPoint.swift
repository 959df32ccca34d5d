import Glibc
import Synchronization

/// A named step at which a test has the process killed, as by SIGKILL from outside (T02): `VTENRICHD_CRASH_AT=before-send:3`
/// ends it at the third pass of that step. Debug builds only: of all this, a release build contains nothing.
enum CrashPoint: String {
    /// Lines were read and taken; nothing of it is in the database.
    case afterRead = "after-read"
    /// Alerts and checkpoint are written, their transaction is open.
    case beforeCommit = "before-commit"
    case afterCommit = "after-commit"
    case beforeSend = "before-send"
    /// analysisd has the event, the outbox has it too.
    case afterSend = "after-send"
    /// An older schema is half changed.
    case duringMigration = "during-migration"
    /// A damaged database is half read out.
    case duringSalvage = "during-salvage"
    /// The damaged database is put aside, the rebuilt one is not in its place.
    case betweenFiles = "between-files"

    @inline(__always)
    func reach() {
        #if DEBUG
            Self.armed?.reached(self)
        #endif
    }
}

#if DEBUG
    extension CrashPoint {
        fileprivate static let armed = Armed(getenv("VTENRICHD_CRASH_AT").map { String(cString: $0) })

        fileprivate final class Armed: Sendable {
            private let point: CrashPoint
            private let passesLeft: Mutex<Int>

            init?(_ text: String?) {
                let parts = text?.split(separator: ":") ?? []
                guard let point = parts.first.flatMap({ CrashPoint(rawValue: String($0)) }) else { return nil }
                self.point = point
                passesLeft = Mutex(parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
            }

            func reached(_ point: CrashPoint) {
                guard point == self.point else { return }
                let left = passesLeft.withLock { left in
                    left -= 1
                    return left
                }
                if left == 0 { kill(getpid(), SIGKILL) }
            }
        }
    }
#endif
