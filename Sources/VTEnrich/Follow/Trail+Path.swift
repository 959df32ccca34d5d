import Glibc
import Logging

/// Watching what `path` leads to, and finding the generations in between.
extension Trail {
    /// One look at `path`: a change adds successors. Old generations stay as they are whatever it shows (F17).
    func watchPath() {
        do throws(FileError) {
            let facts = try FileFacts.of(path: path)
            guard facts.kind == .regular else { throw FileError("follow", path, .kind(facts.kind.rawValue)) }
            missingSince = nil
            if facts.identity != current { try pathLeads(to: facts) }
            notices.clear(.path, "\(path) is there again")
        } catch {
            pathFailed(error)
        }
        openSuccessors()
    }

    /// analysisd takes the name away for a moment at every rotation: that alone is not worth a line in the log.
    private func pathFailed(_ error: FileError) {
        let now = clock.boot()
        guard error.isMissing else {
            missingSince = nil
            notices.report(.path, error.description, now: now)
            return
        }
        let since = missingSince ?? now
        missingSince = since
        var link = stat()
        if lstat(path, &link) == 0 {
            notices.report(.path, "waiting for \(path): its symbolic link leads nowhere", now: now)
        } else if generations.isEmpty {
            notices.report(.path, "waiting for \(path): no such file", level: .notice, now: now)
        } else if now - since >= Self.missingGrace {
            notices.report(
                .path, "\(path) is missing: the file last seen there is still followed", level: .notice, now: now)
        }
    }

    /// `path` leads to another file than at the last look.
    private func pathLeads(to facts: FileFacts) throws(FileError) {
        let identity = facts.identity
        let isOpen = (generations + lingering).contains { $0.identity == identity }
        if !isOpen, !successors.contains(where: { $0.identity == identity }) {
            try extend(to: facts, oldest: -.infinity)
        }
        current = identity
    }

    /// Adds what lies between the newest generation known and `facts`, the file that `path` leads to (nil: none); files
    /// last written before `oldest` (wall clock) are passed over and reported (F43).
    func extend(to facts: FileFacts?, oldest: Double) throws(FileError) {
        let listed = try list(from: last)
        var succession = Succession(last: last, current: facts?.identity, savedAt: savedAt)
        succession.isLastRead = isLastRead && generations.isEmpty
        succession.known = Set((generations + lingering).map(\.identity) + successors.compactMap(\.identity))
        succession.known.formUnion(earlier.map(\.identity).filter { $0.birth != nil })
        let between = Set(succession.between(listed.map(\.candidate)))
        var added = listed.filter { between.contains($0.candidate.name) }
        reportGaps(in: added, upTo: facts, among: listed)
        let tooOld = added.filter { $0.candidate.modified < oldest }
        if !tooOld.isEmpty {
            added.removeAll { $0.candidate.modified < oldest }
            passOver(tooOld.map { ($0.candidate.name.path, $0.size) })
        }
        if added.isEmpty, let facts { successors += numberedSuccessors(before: facts) }
        successors += added.map(\.successor)
        if let facts { successors.append(successor(for: facts, in: listed)) }
        last = successors.last(where: { $0.datedName != nil })?.datedName ?? last
        isLastRead = true
    }

    private func successor(for facts: FileFacts, in listed: [Listed]) -> Successor {
        let name = listed.first { $0.candidate.identity.canBe(facts.identity) }?.candidate.name
        let known = earlier.first { $0.identity.canBe(facts.identity) }
        return Successor(
            datedName: name, paths: [path] + (name.map { [archive.path(of: $0)] } ?? []), identity: facts.identity,
            size: facts.size, mark: known)
    }

    /// Several rotations by number between two looks: `alerts.json.2` is ours, `.1` came after it (F23).
    private func numberedSuccessors(before facts: FileFacts) -> [Successor] {
        guard let newest = generations.last, let paths = try? archive.numbered() else { return [] }
        let files = paths.compactMap { path in (try? FileFacts.of(path: path)).map { (path, $0) } }
        guard let ours = files.firstIndex(where: { $0.1.identity == newest.identity }) else { return [] }
        return files[(ours + 1)...].filter { $0.1.identity != facts.identity && $0.1.kind == .regular }.map {
            Successor(datedName: nil, paths: [$0.0], identity: $0.1.identity, size: $0.1.size)
        }
    }

    private func reportGaps(in added: [Listed], upTo facts: FileFacts?, among listed: [Listed]) {
        let current = facts.flatMap { facts in listed.first { $0.candidate.identity.canBe(facts.identity) } }
        let names = added.map(\.candidate.name) + (current.map { [$0.candidate.name] } ?? [])
        for gap in Succession.gaps(after: last, in: names) {
            log.notice("no alerts on disk for \(gap): what was there cannot be read")
        }
    }

    func passOver(_ files: [(name: String, size: UInt64)]) {
        let bytes = files.reduce(0) { $0 + $1.size }
        let names = files.map(\.name).joined(separator: ", ")
        log.warning(
            "passed over \(files.count) files (\(bytes) bytes) last written before alerts.max_catchup_age: \(names)")
        gathering.add(Int(clamping: bytes), to: .bytesLost)
    }

    // MARK: Opening

    /// Opens what comes next, in order, as many as may be open.
    func openSuccessors() {
        while generations.count < Self.openLimit, let next = successors.first {
            do throws(FileError) {
                if let generation = try open(next) {
                    generations.append(generation)
                } else {
                    reportGone(next)
                }
                successors.removeFirst()
                notices.clear(.rotated, "reading \(next.paths[0]) again")
            } catch {
                notices.report(.rotated, error.description, now: clock.boot())
                return
            }
        }
    }

    private func reportGone(_ next: Successor) {
        log.warning("\(next.paths[0]) was removed before it could be read: \(next.size) bytes lost")
        gathering.add(Int(clamping: next.size), to: .bytesLost)
    }

    /// nil: it is gone, its `.gz` too.
    private func open(_ next: Successor) throws(FileError) -> Generation? {
        for path in next.paths {
            do throws(FileError) {
                let generation =
                    try path.hasSuffix(".gz")
                    ? Generation(openingGzip: path, datedName: next.datedName, work: work)
                    : Generation(opening: path, datedName: next.datedName)
                if let identity = next.identity, generation.identity != identity { continue }
                if let mark = next.mark, try generation.resume(at: mark) == .same {
                    earlier.removeAll { $0 == mark }
                }
                return generation
            } catch  where error.isMissing {
                continue
            }
        }
        guard let name = next.datedName, !next.paths.contains(archive.gzipPath(of: name)) else { return nil }
        do throws(FileError) {
            return try Generation(openingGzip: archive.gzipPath(of: name), datedName: name, work: work)
        } catch  where error.isMissing {
            return nil
        }
    }

    // MARK: Listing

    /// A listed generation with the facts of its file.
    struct Listed {
        var candidate: Succession.Candidate
        var path: String
        var size: UInt64

        var successor: Successor {
            Successor(datedName: candidate.name, paths: [path], identity: candidate.identity, size: size)
        }
    }

    /// The dated generations from `first` on, the plain file before its `.gz` (F40). A folder that may not be read is
    /// reported and holds nothing: following goes on with what `path` shows.
    func list(from first: DatedName?) throws(FileError) -> [Listed] {
        let entries: [ArchiveEntry]
        do throws(FileError) {
            entries = try archive.entries(from: first)
            notices.clear(.listing, "rotated files can be listed again")
        } catch  where error.cause == .system(EACCES) {
            notices.report(.listing, error.description, now: clock.boot())
            return []
        }
        return entries.filter { first == nil || $0.name >= first! }.compactMap { entry in
            let plain = archive.path(of: entry.name)
            if entry.hasPlain, let facts = try? FileFacts.of(path: plain), facts.kind == .regular {
                return listed(entry.name, plain, facts, isGzip: false)
            }
            let gzip = archive.gzipPath(of: entry.name)
            guard let facts = try? FileFacts.of(path: gzip), facts.kind == .regular else { return nil }
            return listed(entry.name, gzip, facts, isGzip: true)
        }
    }

    private func listed(_ name: DatedName, _ path: String, _ facts: FileFacts, isGzip: Bool) -> Listed {
        Listed(
            candidate: .init(name: name, identity: facts.identity, isGzip: isGzip, modified: facts.modified),
            path: path, size: facts.size)
    }
}
