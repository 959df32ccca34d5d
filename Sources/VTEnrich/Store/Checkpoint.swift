/// Which physical file a name stood for: device, inode and, where the file system has it, birth time (nanoseconds).
package struct FileIdentity: Hashable, Sendable, Codable {
    package var device: UInt64
    package var inode: UInt64
    package var birth: Int64?

    package init(device: UInt64, inode: UInt64, birth: Int64?) {
        self.device = device
        self.inode = inode
        self.birth = birth
    }
}

/// A digest over `length` bytes of a file, by which content is recognised when inode numbers lie.
package struct Fingerprint: Hashable, Sendable, Codable {
    package var length: Int
    package var digest: String

    package init(length: Int, digest: String) {
        self.length = length
        self.digest = digest
    }
}

/// How far one generation of `alerts.json` was consumed: always the start of a line. Stored in the transaction that
/// accepts the alerts before it (promise P2).
package struct Checkpoint: Sendable, Codable, Equatable {
    /// The configured path; each path has its own checkpoint (F44).
    package var path: String
    package var identity: FileIdentity
    package var offset: UInt64
    /// Over the first bytes of the file, at most 1 KiB.
    package var head: Fingerprint
    /// Over the bytes right before `offset`, at most 4 KiB.
    package var marker: Fingerprint
    /// The dated name below the folder of `path` under which the generation was last seen, `2026/Nov/ossec-alerts-21.json`.
    package var datedName: String?
    /// Wall clock, seconds since 1970.
    package var savedAt: Double

    package init(
        path: String, identity: FileIdentity, offset: UInt64, head: Fingerprint, marker: Fingerprint,
        datedName: String? = nil, savedAt: Double
    ) {
        self.path = path
        self.identity = identity
        self.offset = offset
        self.head = head
        self.marker = marker
        self.datedName = datedName
        self.savedAt = savedAt
    }
}
