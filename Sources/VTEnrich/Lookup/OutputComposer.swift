import Foundation
import VTEnrichCore

/// Makes the outbox rows of the outputs: for each that takes the event, the facts as they are now. How they are worded is the
/// output's own business, when it sends them.
struct OutputComposer: Sendable {
    /// What the filters look at; nothing where the event has no verdict.
    struct Judged {
        var verdict: Verdict?
        var judgement: Judgement?
    }

    private let outputs: [OutputSettings]

    init(_ outputs: [OutputSettings]) {
        self.outputs = outputs
    }

    /// - Parameters:
    ///   - json: the event.
    ///   - now: wall clock.
    func items(_ source: EventSource, _ judged: Judged, _ json: [UInt8], now: Double) -> [OutboxItem] {
        let taking = outputs.filter { $0.filter.takes(source, verdict: judged.verdict, judged.judgement) }
        guard !taking.isEmpty else { return [] }
        let day = UTCDate(wall: now)
        let notice = Data(OutputNotice.make(source, event: json, day: day))
        return taking.map { output in
            OutboxItem(
                sink: output.name, kind: judged.verdict?.rawValue ?? "unenriched", eventID: source.eventID,
                body: output.kind == .file ? Data(json) : notice,
                once: output.onceADay ? Told(what: source.address.description, day: day.description) : nil)
        }
    }

    /// The daily notice speaks of no alert: only files that take everything have it.
    func notice(_ id: String, _ json: [UInt8]) -> [OutboxItem] {
        outputs.filter { $0.kind == .file && $0.filter.minVerdict == .any }.map {
            OutboxItem(sink: $0.name, kind: "notice", eventID: id, body: Data(json))
        }
    }
}
