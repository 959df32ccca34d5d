import Glibc
import Logging

/// Where following begins: by the checkpoint (F26-F29, F36-F45), or by `alerts.start` when there is none (F01).
extension Trail {
    /// False: it could not be told yet; the next look tries again.
    func start() -> Bool {
        let checkpoint: Checkpoint?
        do {
            checkpoint = try intake.checkpoint(path)
        } catch {
            notices.report(.store, "\(error)", level: .error, now: clock.boot())
            return false
        }
        do throws(FileError) {
            if let checkpoint { try resume(at: checkpoint) } else { try begin() }
            hasStarted = true
            notices.clear(.path, "\(path) can be read")
        } catch {
            forget()
            if !work.shallEnd { notices.report(.path, error.description, now: clock.boot()) }
        }
        return hasStarted
    }

    private func forget() {
        generations = []
        successors = []
        lingering = []
        earlier = []
        current = nil
        last = nil
        isLastRead = true
    }

    /// The very first start: a file that is not there yet is read from byte 0 when it appears (F02).
    private func begin() throws(FileError) {
        let facts: FileFacts
        do throws(FileError) {
            facts = try FileFacts.of(path: path)
        } catch  where error.isMissing {
            return
        }
        guard facts.kind == .regular else { return }
        let name = try list(from: nil).last { $0.candidate.identity.canBe(facts.identity) }?.candidate.name
        let generation = try Generation(opening: path, datedName: name)
        if settings.alerts.start == .end { try generation.skipToLastLine(using: buffer) }
        generations = [generation]
        current = generation.identity
        last = name
        gathering.moved()
        log.notice(
            "first start: following \(path) from its \(settings.alerts.start.rawValue), offset \(generation.offset)")
    }

    private func resume(at checkpoint: Checkpoint) throws(FileError) {
        savedAt = checkpoint.savedAt
        earlier = checkpoint.earlier
        let mark = checkpoint.mark
        let names = ([mark] + earlier).compactMap { $0.datedName.flatMap(DatedName.init(path:)) }
        last = mark.datedName.flatMap(DatedName.init(path:))
        let listed = try list(from: names.min())
        var facts: FileFacts?
        do throws(FileError) {
            facts = try FileFacts.of(path: path)
        } catch  where error.isMissing {}
        if facts?.kind != .regular { facts = nil }

        let oldest = clock.wall() - settings.alerts.maxCatchupAge
        takeLateWrites(listed)
        switch try locate(mark, listed, current: facts) {
        case .found(let generation, let recognition):
            continueFrom(generation, recognition, mark, oldest: oldest, current: facts)
        case .gone:
            isLastRead = false
            gathering.add(to: .rotations)
            log.warning(
                "the file read last (\(mark.datedName ?? path), offset \(mark.offset)) is gone: what it held after that cannot be read"
            )
        }
        let isKnown = generations.contains { $0.identity == facts?.identity }
        if !isKnown { try extend(to: facts, oldest: oldest) }
        current = facts?.identity
    }

    private func continueFrom(
        _ generation: Generation, _ recognition: Recognition, _ mark: GenerationMark, oldest: Double,
        current: FileFacts?
    ) {
        last = generation.datedName ?? last
        if generation.identity != current?.identity, let facts = try? generation.facts(), facts.modified < oldest {
            passOver([(generation.name, generation.gzip == nil ? generation.unread : facts.size)])
            earlier.append(generation.mark)
            return
        }
        generations = [generation]
        switch recognition {
        case .same:
            log.notice("going on with \(generation.name) at offset \(generation.offset)")
        case .moved:
            gathering.moved()
            log.notice(
                "\(generation.name) has the content read before under another identity: going on at offset \(generation.offset)"
            )
        case .truncated:
            gathering.add(to: .truncations)
            gathering.moved()
            log.warning(
                "\(generation.name) was cut or rewritten since offset \(mark.offset): reading it from its start; what was cut is unknown"
            )
        case .other:
            gathering.add(to: .rotations)
            gathering.moved()
            log.warning(
                "\(generation.name) is a new file in the place of the one read before: reading it from its start")
        }
    }

    /// Old generations that grew after they were let go, or while nobody looked (F21).
    private func takeLateWrites(_ listed: [Listed]) {
        for mark in earlier {
            guard
                let file = listed.first(where: { !$0.candidate.isGzip && mark.identity.canBe($0.candidate.identity) }),
                file.size > mark.offset, mark.identity.birth != nil,
                let generation = try? Generation(opening: file.path, datedName: file.candidate.name),
                (try? generation.resume(at: mark)) == .same
            else { continue }
            generation.quietSince = clock.boot()
            lingering.append(generation)
            earlier.removeAll { $0 == mark }
        }
    }

    // MARK: Finding the generation of a mark

    private enum Location {
        case found(Generation, Recognition)
        case gone
    }

    /// By identity first, then the `.gz` under its name, then whatever has its content. A file that cannot be opened now
    /// stops the search: it might be the one.
    private func locate(_ mark: GenerationMark, _ listed: [Listed], current: FileFacts?) throws(FileError) -> Location {
        var rewritten: (Generation, Recognition)?
        for (path, name, identity) in plainFiles(listed, current) where mark.identity.canBe(identity) {
            guard
                let generation = try ifThere({ () throws(FileError) in try Generation(opening: path, datedName: name) })
            else { continue }
            let recognition = try generation.resume(at: mark)
            if recognition == .same { return .found(generation, .same) }
            rewritten = rewritten ?? (generation, recognition)
        }
        if let name = mark.datedName.flatMap(DatedName.init(path:)),
            let generation = try ifThere({ () throws(FileError) in
                try Generation(openingGzip: archive.gzipPath(of: name), datedName: name, work: work)
            }), try generation.resume(at: mark) == .same
        {
            return .found(generation, .same)
        }
        if mark.offset > 0, let found = try searchContent(mark, listed, current) { return .found(found, .moved) }
        return rewritten.map { .found($0.0, $0.1) } ?? .gone
    }

    /// `path`, the dated names and the numbered ones beside it.
    private func plainFiles(_ listed: [Listed], _ current: FileFacts?) -> [(String, DatedName?, FileIdentity)] {
        var files: [(String, DatedName?, FileIdentity)] = []
        if let current {
            let name = listed.first { $0.candidate.identity.canBe(current.identity) }?.candidate.name
            files.append((path, name, current.identity))
        }
        files += listed.filter { !$0.candidate.isGzip }.map { ($0.path, $0.candidate.name, $0.candidate.identity) }
        for path in (try? archive.numbered()) ?? [] {
            if let facts = try? FileFacts.of(path: path), facts.kind == .regular {
                files.append((path, nil, facts.identity))
            }
        }
        return files
    }

    /// A copy under another identity (F28): `path` first, then the dated files from the newest on, then their `.gz`. One
    /// that cannot be read is passed over: it may be any file, and would keep us from following for good (P8).
    private func searchContent(
        _ mark: GenerationMark, _ listed: [Listed], _ current: FileFacts?
    ) throws(FileError) -> Generation? {
        let dated = listed.reversed()
        let name = current.flatMap { facts in
            listed.first { $0.candidate.identity.canBe(facts.identity) }?.candidate.name
        }
        let candidates: [(path: String, name: DatedName?, isGzip: Bool)] =
            (current == nil ? [] : [(path, name, false)])
            + dated.filter { !$0.candidate.isGzip }.map { ($0.path, $0.candidate.name, false) }
            + dated.filter(\.candidate.isGzip).map { ($0.path, $0.candidate.name, true) }
        for candidate in candidates {
            let generation =
                try? candidate.isGzip
                ? Generation(openingGzip: candidate.path, datedName: candidate.name, work: work)
                : Generation(opening: candidate.path, datedName: candidate.name)
            guard let generation else { continue }
            let recognition = try? generation.resume(at: mark)
            if work.shallEnd { throw FileError("read", candidate.path, ECANCELED) }
            if recognition == .moved || recognition == .same { return generation }
        }
        return nil
    }

    private func ifThere(_ open: () throws(FileError) -> Generation) throws(FileError) -> Generation? {
        do throws(FileError) {
            return try open()
        } catch  where error.isMissing {
            return nil
        }
    }
}
