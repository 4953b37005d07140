import EPCIS
import GS1
import MerkleTrees
import Records

/// An event that counts, told once for all the logs and chains it stands in.
struct TradeEvent {
    let things: EventThings
    let issuer: String
    let part: Hash256

    /// The event.
    var event: EPCISEvent { things.event }

    /// Later events by time; of one time by digest, so that arrival does not matter.
    static func precedes(_ left: TradeEvent, _ right: TradeEvent) -> Bool {
        let times = (
            left.things.event.eventTimeMilliseconds, right.things.event.eventTimeMilliseconds
        )
        if times.0 != times.1 { return times.0 < times.1 }
        return (left.part, left.issuer) < (right.part, right.issuer)
    }

    /// Events by time, each once: one event ID of one issuer with the same bytes is one event,
    /// however often it was signed (SPEC §24.4).
    static func distinct(
        _ events: [TradeEvent], in evidence: VerifiedEvidence
    ) -> [TradeEvent] {
        struct Name: Hashable {
            var issuer: String
            var eventID: String
        }
        struct Told: Hashable {
            var name: Name
            var content: [UInt8]
        }
        // Contents are long: they are compared where a name comes back, and hashed where it comes
        // back with another.
        var firsts: [Name: [UInt8]] = [:]
        var others: Set<Told> = []
        return events.sorted(by: precedes).filter { event in
            guard let eventID = event.event.eventID, let part = evidence.parts[event.part] else {
                return true
            }
            let name = Name(issuer: event.issuer, eventID: eventID)
            guard let first = firsts[name] else {
                firsts[name] = part.part.content
                return true
            }
            guard first != part.part.content else { return false }
            return others.insert(Told(name: name, content: part.part.content)).inserted
        }
    }
}

/// A record that has not fallen, told once for all logs and chains.
struct KnownRecord {
    let record: Record
    let issuer: String
    let part: Hash256
    /// The earliest registration in any log.
    let registeredAtMilliseconds: UInt64
}

/// A part about a thing that may not be seen.
struct HiddenPart: Hashable {
    let part: Hash256
    let issuer: String
    let role: Role
}

/// What verified evidence says that bears on claims, indexed once.
///
/// Events are those of issuers whose word counts about the thing in whose chain they stand
/// (SPEC §13.2), in the corrected view (§8.7), up to the time at which the claim is to hold.
struct ClaimFacts {
    let evidence: VerifiedEvidence
    let terms: ClaimTerms
    /// The events, by time.
    private(set) var events: [TradeEvent] = []
    /// The numbers of the events about each thing.
    private(set) var eventsAbout: [String: [Int]] = [:]
    /// Records by what is asserted about a URI.
    private(set) var recordsAbout: [String: [KnownRecord]] = [:]
    /// What is allocated from, and said of, an account.
    private(set) var accountRecords: [String: [KnownRecord]] = [:]
    /// What is hidden about each thing.
    private(set) var hidden: [String: Set<HiddenPart>] = [:]
    /// Hidden allocations from each account.
    private(set) var hiddenAllocations: [String: Set<HiddenPart>] = [:]
    /// What records of master data say, those that hold to SPEC §8.8 alone.
    private var masterData: [Hash256: MasterData] = [:]
    /// The records that their issuers have resolved, in whatever chain.
    private(set) var resolved: Set<Resolved> = []

    /// A record that its issuer has resolved.
    struct Resolved: Hashable {
        var id: String
        var issuer: String
    }

    init(_ evidence: VerifiedEvidence, _ terms: ClaimTerms) {
        self.evidence = evidence
        self.terms = terms
        gatherEvents()
        gatherRecords()
    }

    private struct Spoken: Hashable {
        var part: Hash256
        var issuer: String
    }

    // MARK: Events

    private mutating func gatherEvents() {
        var found: [Spoken: TradeEvent] = [:]
        var things: [Spoken: [String]] = [:]
        for log in evidence.logs {
            for (subject, links) in log.chains where subject.facet == .events {
                for link in links {
                    guard let entry = log.entries[link.leafIndex],
                        !evidence.hasFallen(entry)
                    else { continue }
                    let issuer = entry.issuer
                    let part = evidence.parts[link.part]
                    guard evidence.isRelated(issuer, to: subject) else {
                        // What somebody says of another's thing does not count; that it was wrong
                        // in what it said itself, anywhere, does (SPEC §8.7).
                        if let told = part?.things, told.declaresError {
                            found[Spoken(part: link.part, issuer: issuer)] = TradeEvent(
                                things: told, issuer: issuer, part: link.part)
                        }
                        continue
                    }
                    guard let part else {
                        hidden[subject.uri, default: []].insert(
                            HiddenPart(part: link.part, issuer: issuer, role: link.role))
                        continue
                    }
                    guard let told = part.things else { continue }
                    let spoken = Spoken(part: link.part, issuer: issuer)
                    found[spoken] = TradeEvent(
                        things: told, issuer: issuer, part: link.part)
                    things[spoken, default: []].append(subject.uri)
                }
            }
        }
        let standing = Self.corrected(
            TradeEvent.distinct(Array(found.values), in: evidence))
        events = standing.filter {
            $0.event.eventTimeMilliseconds <= Int64(clamping: terms.times.validAtMilliseconds)
        }
        for (number, event) in events.enumerated() {
            for thing in things[Spoken(part: event.part, issuer: event.issuer)] ?? [] {
                let last = eventsAbout[thing]?.last
                // Several chains may name one thing, each in a log of its own.
                if last != number { eventsAbout[thing, default: []].append(number) }
            }
        }
    }

    private static func corrected(_ events: [TradeEvent]) -> [TradeEvent] {
        guard events.contains(where: \.things.declaresError) else { return events }
        let told = Corrections(
            events.map {
                Corrections.Event(eventID: $0.event.eventID, declaration: $0.event.declaration)
            }
        ) { events[$0].issuer == events[$1].issuer }
        return told.correctedView.map { events[$0] }
    }

    // MARK: Records

    private mutating func gatherRecords() {
        var about: [String: [Spoken: KnownRecord]] = [:]
        var accounts: [String: [Spoken: KnownRecord]] = [:]
        for log in evidence.logs {
            for (subject, links) in log.chains where subject.facet != .events {
                for link in links {
                    guard let entry = log.entries[link.leafIndex],
                        !evidence.hasFallen(entry)
                    else { continue }
                    let issuer = entry.issuer
                    let part = evidence.parts[link.part]
                    if part == nil, subject.facet == .account, link.role == .allocate {
                        hiddenAllocations[subject.uri, default: []].insert(
                            HiddenPart(part: link.part, issuer: issuer, role: link.role))
                    }
                    guard case .record(let record) = part?.readable else { continue }
                    if record.kind == .resolution, case .record(let id) = record.target {
                        resolved.insert(Resolved(id: id, issuer: issuer))
                    }
                    let known = KnownRecord(
                        record: record, issuer: issuer, part: link.part,
                        registeredAtMilliseconds: entry.statement.registeredAtMilliseconds)
                    let spoken = Spoken(part: link.part, issuer: known.issuer)
                    if subject.facet == .account {
                        accounts[subject.uri, default: [:]].keepEarlier(known, as: spoken)
                    } else {
                        about[subject.uri, default: [:]].keepEarlier(known, as: spoken)
                    }
                }
            }
        }
        recordsAbout = about.mapValues(Self.ordered)
        for known in recordsAbout.values.joined() where masterData[known.part] == nil {
            masterData[known.part] = MasterData.of(known.record)
        }
        accountRecords = accounts.mapValues(Self.ordered)
    }

    private static func ordered(_ records: [Spoken: KnownRecord]) -> [KnownRecord] {
        records.values.sorted { ($0.part, $0.issuer) < ($1.part, $1.issuer) }
    }

    // MARK: Asking

    /// Whether an event counts about a thing.
    func counts(_ number: Int, about uri: String) -> Bool {
        let numbers = eventsAbout[uri] ?? []
        let place = numbers.firstPlace { $0 >= number }
        return place < numbers.count && numbers[place] == number
    }

    /// Records of a kind that are asserted about a URI.
    func records(_ kinds: Set<RecordKind>, about uri: String) -> [KnownRecord] {
        (recordsAbout[uri] ?? []).filter { kinds.contains($0.record.kind) }
    }

    /// Whether the evidence holds what is asserted about a URI.
    func holdsAssertions(about uri: String) -> Bool {
        evidence.asked[Subject(facet: .assertions, uri: uri).key(in: evidence.network)] != nil
    }

    /// The member that governs a place, an identifier or a party; nil if none does.
    func owner(of uri: String) -> String? { evidence.governance.owner(of: uri) }

    /// Whether what a record says has begun and not ended by the time at which the claim is to
    /// hold.
    func holds(_ record: Record) -> Bool {
        let time = terms.times.validAtMilliseconds
        return (record.fromMilliseconds ?? 0) <= time
            && record.untilMilliseconds.map { time < $0 } ?? true
    }

    /// Master data about a thing at a time, of those whose word counts about it: of each the record
    /// that was from the latest time on, of two of one time the later registered (SPEC §8.8).
    func masterData(about uri: String, atMilliseconds time: Int64) -> [(MasterData, Hash256)] {
        var newest: [String: KnownRecord] = [:]
        let moment = UInt64(clamping: time)
        for known in records([.masterData], about: uri) {
            guard
                evidence.isRelated(known.issuer, to: Subject(facet: .assertions, uri: uri))
                    || owner(of: uri) == known.issuer, masterData[known.part] != nil,
                let from = known.record.fromMilliseconds, from <= moment
            else { continue }
            let other = newest[known.issuer]
            let isNewer = other.map {
                ($0.record.fromMilliseconds ?? 0, $0.registeredAtMilliseconds, $0.part)
                    < (from, known.registeredAtMilliseconds, known.part)
            }
            if isNewer ?? true { newest[known.issuer] = known }
        }
        return newest.values.sorted { $0.issuer < $1.issuer }
            .filter { $0.record.untilMilliseconds.map { moment < $0 } ?? true }
            .compactMap { known in masterData[known.part].map { ($0, known.part) } }
    }
}

extension Dictionary where Value == KnownRecord {
    /// Keeps the earlier of two registrations of one part.
    fileprivate mutating func keepEarlier(_ known: KnownRecord, as key: Key) {
        if let other = self[key],
            other.registeredAtMilliseconds <= known.registeredAtMilliseconds
        {
            return
        }
        self[key] = known
    }
}
