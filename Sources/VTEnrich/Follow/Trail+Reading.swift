import Logging
import VTEnrichCore

/// Reading pieces, examining their lines and committing what was taken.
extension Trail {
    /// Reads a generation to its end or until `budget` is used up or something holds it. True: the end, and it is stable:
    /// two reads in a row found nothing more (F10).
    func readOn(_ generation: Generation, _ budget: inout Int) -> Bool {
        var endings = 0
        while budget > 0 {
            do throws(FileError) {
                let before = generation.offset
                endings = try readPiece(of: generation, &budget) ? endings + 1 : 0
                if generation.offset != before, generation.quietSince != nil { generation.quietSince = clock.boot() }
                if generation === unreadable {
                    unreadable = nil
                    notices.clear(.reading, "\(generation.name) can be read again")
                }
            } catch {
                if !work.shallEnd, unreadable == nil || unreadable === generation {
                    unreadable = generation
                    notices.report(.reading, error.description, level: .error, now: clock.boot())
                }
                return false
            }
            if gathering.isDue(at: clock.boot()), !commit() { return false }
            if pausedUntil != nil { return false }
            if endings == 2 {
                reportDamage(in: generation)
                return true
            }
        }
        return false
    }

    /// True: there is nothing complete to read.
    private func readPiece(of generation: Generation, _ budget: inout Int) throws(FileError) -> Bool {
        let count: Int
        switch try generation.next(using: buffer, maxLineBytes: settings.alerts.maxLineBytes) {
        case .end:
            return true
        case .lines(let bytes):
            let (taken, isInDoubt) = examineLines(bytes, of: generation)
            count = taken
            generation.consume(count, of: bytes)
            if isInDoubt { try generation.settleDoubt() }
            CrashPoint.afterRead.reach()
        case .nuls(let nuls, let isFirst):
            count = nuls
            if isFirst {
                gathering.add(to: .malformed)
                log.notice("\(generation.name) has NUL bytes in front of offset \(generation.offset): passed over")
            }
        case .overlong(let bytes):
            budget -= bytes
            return false
        case .overlongEnd(let bytes):
            count = bytes
            gathering.add(to: .oversize)
            gathering.add(to: .linesRead)
        case .rewritten:
            reportRewritten(generation)
            return false
        case .cut(let bytes):
            reportTruncated(generation, lost: bytes)
            return false
        }
        gathering.consumed(count)
        budget -= count
        return false
    }

    private func reportRewritten(_ generation: Generation) {
        log.warning("\(generation.name) has other content below offset \(generation.offset): reading it from its start")
        reportTruncated(generation, lost: generation.startAgain())
    }

    private func reportTruncated(_ generation: Generation, lost: UInt64) {
        gathering.add(to: .truncations)
        gathering.add(Int(clamping: lost), to: .bytesLost)
        gathering.moved()
        log.warning("\(generation.name) was cut: \(lost) bytes of it were never read")
    }

    private func reportDamage(in generation: Generation) {
        guard let gzip = generation.gzip, let damage = gzip.takeDamage() else { return }
        log.warning("\(damage): \(gzip.unreadable) compressed bytes cannot be read")
        gathering.add(Int(clamping: gzip.unreadable), to: .bytesLost)
    }

    // MARK: Lines

    /// Takes lines until a batch is full; gives how many bytes that were. In doubt: the next line makes no sense, and
    /// whether that is the line's or the compressed file's fault is to be found out before it is taken.
    private func examineLines(
        _ bytes: UnsafeRawBufferPointer, of generation: Generation
    ) -> (taken: Int, isInDoubt: Bool) {
        let start = bytes.baseAddress!
        var tally = LineTally()
        var doubt: Int?
        let taken = Lines(bytes: bytes, maxLineBytes: settings.alerts.maxLineBytes).forEach(&tally) { line in
            let examination = examine(line)
            if examination.isPlainlyUnwanted { return true }
            let position = line.baseAddress! - start
            if examination.isDamaged, generation.mayBeMadeUp {
                doubt = position
                return false
            }
            note(examination, line, generation, at: position)
            return !gathering.isFull
        }
        gathering.add(tally.lines - (doubt == nil ? 0 : 1), to: .linesRead)
        gathering.add(tally.oversize, to: .oversize)
        gathering.add(tally.nulRuns, to: .malformed)
        return (doubt ?? taken, doubt != nil)
    }

    /// A line that is not plainly unwanted; a crash of analysisd may have left several alerts in it (F07).
    private func note(
        _ examination: Examination, _ line: UnsafeRawBufferPointer, _ generation: Generation, at position: Int
    ) {
        var (examination, rest, position) = (examination, line, position)
        while true {
            if examination.damagedPrefix > 0 {
                let head = UnsafeRawBufferPointer(rebasing: rest.prefix(examination.damagedPrefix))
                park(head, "is the head of an alert that a crash cut off", generation, at: position)
            }
            if case .malformed(let reason) = examination.outcome {
                park(rest, reason, generation, at: position)
            } else {
                note(examination.outcome)
            }
            guard let next = examination.next, next > 0, next < rest.count else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[next...])
            position += next
            examination = examine(rest)
        }
    }

    private func note(_ outcome: Outcome) {
        switch outcome {
        case .unwanted, .excluded, .feedback, .malformed:
            break
        case .ownEvent(let id):
            gathering.add(to: .ownEvents)
            if let id { gathering.confirm(id) }
        case .noAddress:
            gathering.add(to: .matched)
            gathering.add(to: .withoutAddress)
        case .taken(let alert, let address):
            gathering.add(to: .matched)
            gathering.add(EventSource(alert: alert, address: address, key: intake.eventKey))
        }
    }

    private func park(_ bytes: UnsafeRawBufferPointer, _ reason: String, _ generation: Generation, at position: Int) {
        gathering.add(to: .malformed)
        do throws(FileError) {
            try quarantine.keep(
                bytes, reason: reason, file: generation.name, offset: generation.offset + UInt64(position), clock: clock
            )
            notices.clear(.quarantine, "samples of unreadable lines are kept again")
        } catch {
            notices.report(.quarantine, error.description, now: clock.boot())
        }
    }

    // MARK: Commit

    /// The store refuses, or the queue is full: nothing is read until that has passed.
    var isHeld: Bool { retryAt != nil || pausedUntil != nil }

    /// Tries again what holds the reading, when it is time.
    func isReady() -> Bool {
        let now = clock.boot()
        if let retryAt {
            guard now >= retryAt else { return false }
            self.retryAt = nil
            guard commit() else { return false }
        }
        if let pausedUntil, now >= pausedUntil { pauseIfFull(intake.pending()) }
        return !isHeld
    }

    /// Hands over what was gathered with the checkpoint after it. False: the store refused; all of it is kept and tried
    /// again, and nothing more is read before it is taken (T09).
    @discardableResult
    func commit() -> Bool {
        let now = clock.boot()
        var batch = gathering.batch
        batch.checkpoint = checkpoint()
        do {
            let result = try intake.accept(batch)
            gathering.committed(at: now)
            retryDelay = 0.5
            savedAt = batch.checkpoint?.savedAt ?? savedAt
            notices.clear(.store, "the state can be written again")
            if result.accepted > 0 { intake.onAccepted() }
            pauseIfFull(result.pending)
            return true
        } catch {
            retryAt = now + retryDelay
            retryDelay = min(retryDelay * 2, 2)
            notices.report(.store, "\(error); reading waits until the state can be written", level: .error, now: now)
            return false
        }
    }

    private func checkpoint() -> Checkpoint? {
        guard let mark = generations.first?.mark else { return nil }
        return Checkpoint(
            path: path, identity: mark.identity, offset: mark.offset, head: mark.head, marker: mark.marker,
            datedName: mark.datedName, savedAt: clock.wall(), earlier: earlier + lingering.map(\.mark))
    }

    /// Pauses at the limit and goes on at 95 % of it, so that the two do not take turns all the time.
    private func pauseIfFull(_ pending: Int) {
        let limit = pausedUntil == nil ? settings.maxPending : settings.maxPending - settings.maxPending / 20
        if pending >= limit {
            pausedUntil = clock.boot() + 1
            notices.report(
                .queue,
                "\(settings.maxPending) alerts wait for a verdict (queue.max_pending): reading pauses, nothing is lost",
                now: clock.boot())
        } else {
            pausedUntil = nil
            notices.clear(.queue, "the queue has room again: reading goes on")
        }
    }
}

extension Examination {
    fileprivate var isPlainlyUnwanted: Bool {
        if case .unwanted = outcome { return damagedPrefix == 0 && next == nil }
        return false
    }

    fileprivate var isDamaged: Bool {
        if case .malformed = outcome { return true }
        return damagedPrefix > 0
    }
}
