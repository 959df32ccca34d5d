/// What the follower is doing, as `status` shows it. Counters are the store's.
package struct FollowerStatus: Sendable, Equatable {
    /// The configured path.
    package var path: String
    /// The generation being read: the path, or the rotated file that is finished first. nil before there is any.
    package var reading: String?
    /// How far that generation is consumed; always the start of a line.
    package var offset: UInt64?
    package var size: UInt64?
    /// Bytes of all known generations that nobody has looked at; for a `.gz` its compressed size.
    package var lagBytes: UInt64 = 0
    package var waitingForFile = false
    /// Bytes of an unfinished line at the end.
    package var partialBytes: UInt64 = 0
    /// inotify is not available: the files are looked at every half second.
    package var polling = false
    /// Reading waits because `queue.max_pending` alerts do.
    package var paused = false
    /// Open descriptors of alert files.
    package var generationsOpen = 0
    /// Each a sentence with cause and remedy.
    package var problems: [String] = []

    package init(path: String) { self.path = path }
}
