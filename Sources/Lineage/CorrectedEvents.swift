import EPCIS
import MerkleTrees
import Records

/// The events of a list told apart by error declarations with standing (SPEC §8.7).
///
/// A declaration counts about its issuer's own events, and about another's if it repeats the event
/// (both have one event hash) and was its issuer's to say. Whatever is declared in error stays in
/// the list.
struct CorrectedEvents {
    /// The events, as they were given.
    let events: [RecordedEvent]
    /// What corrections say of each; empty where they say nothing of any.
    private let corrections: [EventCorrection?]

    /// Looks up the declarations that concern some events.
    init<Source: EventSource>(
        _ events: [RecordedEvent], in source: Source
    ) throws(Source.Failure) {
        self.events = events
        let ids = events.compactMap(\.story.eventID)
        let known = Set(events.lazy.filter { $0.story.declaration != nil }.map(\.digest))
        let others = try source.declarations(concerning: ids).filter { !known.contains($0.digest) }
        guard !known.isEmpty || !others.isEmpty else {
            corrections = []
            return
        }
        let declared = Self.declared(by: events + others, correcting: ids)
        let all = try events + others + source.events(named: declared.subtracting(ids).sorted())
        let hashes = try EventHashes(all, in: source)
        let told = Corrections(
            all.indices.map { number in
                let story = all[number].story
                return Corrections.Event(
                    eventID: story.eventID, declaration: story.declaration,
                    hash: story.eventID == nil ? hashes[number] : nil)
            }
        ) { Self.mayDeclare($0, $1, all, hashes) }
        let named = Self.corrected(all, told)
        corrections = events.indices.map { Self.correction($0, of: all, told, named) }
    }

    /// Whether the word of one event counts about another.
    private static func mayDeclare(
        _ declaration: Int, _ original: Int, _ events: [RecordedEvent], _ hashes: EventHashes
    ) -> Bool {
        if events[declaration].issuer == events[original].issuer { return true }
        guard events[declaration].standing != .reported, let hash = hashes[original] else {
            return false
        }
        return hash == hashes[declaration]
    }

    /// An event as its issuer's declarations name it.
    private struct Name: Hashable {
        var issuer: String
        var eventID: String
    }

    /// The IDs of what is declared wrong by who names one of some events as its correction.
    private static func declared(
        by all: [RecordedEvent], correcting ids: [String]
    ) -> Set<String> {
        let known = Set(ids.map(Corrections.normal))
        return Set(
            all.lazy.filter { event in
                event.story.declaration?.correctiveEventIDs
                    .contains { known.contains(Corrections.normal($0)) } ?? false
            }.compactMap(\.story.eventID))
    }

    /// For each event named as a correction, the IDs of what it puts right: where the declaration
    /// that names it counts about what it declares wrong.
    private static func corrected(
        _ all: [RecordedEvent], _ told: Corrections
    ) -> [Name: [String]] {
        var named: [Name: [String]] = [:]
        for (number, event) in all.enumerated() where !told.standings[number].declares.isEmpty {
            guard let declaration = event.story.declaration, let id = event.story.eventID else {
                continue
            }
            for corrective in declaration.correctiveEventIDs {
                let name = Name(issuer: event.issuer, eventID: Corrections.normal(corrective))
                named[name, default: []].append(id)
            }
        }
        return named
    }

    private static func correction(
        _ number: Int, of all: [RecordedEvent], _ told: Corrections, _ named: [Name: [String]]
    ) -> EventCorrection? {
        let standing = told.standings[number]
        let declarations = standing.declaredBy.map { all[$0] }
        var correction = EventCorrection(
            isDeclaration: standing.isDeclaration, declaredBy: declarations.map(\.digest))
        correction.reasons = declarations.compactMap(\.story.declaration?.reason)
        correction.correctedBy = declarations.flatMap {
            $0.story.declaration?.correctiveEventIDs ?? []
        }
        if let id = all[number].story.eventID, !standing.isDeclaration {
            let name = Name(issuer: all[number].issuer, eventID: Corrections.normal(id))
            correction.corrects = named[name] ?? []
        }
        return correction.isEmpty ? nil : correction.withoutRepetitions
    }

    /// What corrections say of an event.
    func correction(_ number: Int) -> EventCorrection? {
        corrections.isEmpty ? nil : corrections[number]
    }

    /// The events that hold: the corrected view.
    var holding: [RecordedEvent] {
        guard !corrections.isEmpty else { return events }
        return events.indices.filter { correction($0)?.holds ?? true }.map { events[$0] }
    }
}

/// The event hashes that telling corrections apart needs, computed for these only.
///
/// An event and its declaration have one hash only if they have one time, so that the hashes of
/// other times need not be known.
private struct EventHashes {
    private var hashes: [Int: String] = [:]

    init<Source: EventSource>(
        _ events: [RecordedEvent], in source: Source
    ) throws(Source.Failure) {
        let declarations = events.filter { $0.story.declaration != nil }
        let times = Dictionary(grouping: declarations, by: \.story.timeMilliseconds)
        for (number, event) in events.enumerated() {
            guard let meant = times[event.story.timeMilliseconds],
                event.story.eventID == nil || meant.contains(where: { $0.issuer != event.issuer })
                    || event.story.declaration != nil
            else { continue }
            hashes[number] = try source.eventHash(of: event.digest)
        }
    }

    subscript(_ number: Int) -> String? { hashes[number] }
}
