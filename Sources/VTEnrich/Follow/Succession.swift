/// Which dated generations come next, from what a listing shows. Pure.
struct Succession {
    /// A listed generation and what is known of its file.
    struct Candidate: Sendable, Equatable {
        var name: DatedName
        var identity: FileIdentity
        var isGzip = false
        /// Wall clock of its last write.
        var modified: Double
    }

    /// The newest generation known, by name; nil when it had none.
    var last: DatedName?
    /// The file we knew under `last` is read and closed. Otherwise a `.gz` there counts as new, as an unknown plain file
    /// always does: it may hold more than the file did, and its content shows where to go on.
    var isLastRead = true
    /// What `path` is now; nil while it is missing.
    var current: FileIdentity?
    /// Generations known already: open, queued or read.
    var known: Set<FileIdentity> = []
    /// Wall clock of the last checkpoint: a file last written before it was there to be read.
    var savedAt: Double = 0

    /// The generations between the last one known and the current one, in order; the current one itself is not among them,
    /// `path` leads there. Files named later than the current one (the clock went back) are taken when written since.
    func between(_ candidates: [Candidate]) -> [DatedName] {
        let currentName = current.flatMap { current in candidates.first { $0.identity.canBe(current) }?.name }
        return candidates.filter { candidate in
            if let current, candidate.identity.canBe(current) { return false }
            if known.contains(where: { $0.canBe(candidate.identity) }) { return false }
            guard let last else {
                return candidate.modified >= savedAt && candidate.name < currentName ?? candidate.name
            }
            let isInPlaceOfLast = candidate.name == last && !(candidate.isGzip && isLastRead)
            guard candidate.name > last || isInPlaceOfLast else { return false }
            guard let currentName, candidate.name > currentName else { return true }
            return candidate.modified >= savedAt
        }.map(\.name)
    }

    /// For each break in the row of names, what seems to be missing (F41).
    static func gaps(after last: DatedName?, in names: [DatedName]) -> [String] {
        let row = (last.map { [$0] } ?? []) + names
        return zip(row, row.dropFirst()).compactMap { earlier, later in
            DatedName.gap(from: earlier, to: later).map { "\($0) between \(earlier.path) and \(later.path)" }
        }
    }
}
