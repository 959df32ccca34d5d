/// What following needs to know of a file to say whether it is the generation of a mark: facts, no file.
struct SeenFile: Sendable, Equatable {
    var identity: FileIdentity
    var size: UInt64
    /// The first bytes are those of the mark's head.
    var hasHead: Bool
    /// The bytes before the mark's offset are those of its marker.
    var hasMarker: Bool
    /// The head holds the start of an alert, with its time: two files do not share that by chance, as they may share garbage.
    var isTelling = true
}

/// Whether a file is the one that a mark was set in (F26-F36). Pure.
enum Recognition: Sendable, Equatable {
    /// The same file: go on at the offset.
    case same
    /// Another file with the content we know up to the offset (a copy, a restored backup, a replacement): go on there.
    case moved
    /// The same file with other content: cut or rewritten in place. Read from the start.
    case truncated
    /// A file we do not know. Read from the start.
    case other
}

extension GenerationMark {
    /// In doubt it is not the file we know: reading again repeats, skipping loses (P5). An equal head alone never
    /// suffices, nor does an inode number: both come back (F26, F29).
    func recognise(_ seen: SeenFile) -> Recognition {
        let hasContent = seen.size >= offset && seen.hasHead && seen.hasMarker
        guard identity.canBe(seen.identity) else { return hasContent && seen.isTelling && offset > 0 ? .moved : .other }
        if hasContent { return .same }
        let birthIsProof = identity.birth != nil && seen.identity.birth != nil
        return birthIsProof || seen.size < offset ? .truncated : .other
    }
}

extension FileIdentity {
    /// Device and inode agree, and birth where both are known.
    func canBe(_ other: FileIdentity) -> Bool {
        guard device == other.device, inode == other.inode else { return false }
        guard let birth, let otherBirth = other.birth else { return true }
        return birth == otherBirth
    }
}
