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

/// How far one generation was consumed, and by what it is known again.
package struct GenerationMark: Hashable, Sendable, Codable {
    package var identity: FileIdentity
    /// Always the start of a line.
    package var offset: UInt64
    package var head: Fingerprint
    package var marker: Fingerprint
    package var datedName: String?

    package init(
        identity: FileIdentity, offset: UInt64, head: Fingerprint, marker: Fingerprint, datedName: String? = nil
    ) {
        self.identity = identity
        self.offset = offset
        self.head = head
        self.marker = marker
        self.datedName = datedName
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
    /// The last generations before this one: what is written to them late, or when the clock went back, is known by it.
    package var earlier: [GenerationMark]

    package init(
        path: String, identity: FileIdentity, offset: UInt64, head: Fingerprint, marker: Fingerprint,
        datedName: String? = nil, savedAt: Double, earlier: [GenerationMark] = []
    ) {
        self.path = path
        self.identity = identity
        self.offset = offset
        self.head = head
        self.marker = marker
        self.datedName = datedName
        self.savedAt = savedAt
        self.earlier = earlier
    }

    package var mark: GenerationMark {
        GenerationMark(identity: identity, offset: offset, head: head, marker: marker, datedName: datedName)
    }
}
