import EPCIS
import GS1
import MerkleTrees
import Records

/// What evidence about many things, each with scope subject, says together.
struct RecallFacts: MovementFacts, Sendable {
    private(set) var network: Hash256?
    private(set) var events: [TradeEvent] = []
    private(set) var eventsAbout: [String: [Int]] = [:]
    private(set) var hidden: [String: Set<HiddenPart>] = [:]
    private(set) var recalls: [String: [NamedRecall]] = [:]
    /// Whose word counts about each thing, as its own evidence tells.
    private(set) var related: [String: Set<String>] = [:]
    /// Who says an event.
    private(set) var issuers: [Hash256: Set<String>] = [:]
    /// Things in whose evidence no log has a chain about them.
    private(set) var unknown: Set<String> = []
    private(set) var asOfMilliseconds = UInt64.max
    private(set) var notConsulted: Set<String> = []
    /// The alarms about what the evidence rests on, by digest.
    private(set) var alarms: [Hash256: ProvenAlarm] = [:]
    private(set) var governance: GovernanceState?
    private var taken: Set<String> = []
    private var numbers: [Spoken: Int] = [:]
    /// What each event with an ID was told with: the parts of each of its contents.
    private var contents: [NamedEvent: [Hash256: Set<Hash256>]] = [:]

    /// An event by the name that its issuer gives it.
    struct NamedEvent: Hashable, Sendable {
        var issuer: String
        var eventID: String
    }

    /// The parts of events that their issuer tells in several ways, which contradict each other.
    var retold: [Hash256: NamedEvent] {
        var retold: [Hash256: NamedEvent] = [:]
        for (name, told) in contents where told.count > 1 {
            for part in told.values.joined() { retold[part] = name }
        }
        return retold
    }

    private struct Spoken: Hashable, Sendable {
        var part: Hash256
        var issuer: String
    }

    /// Whether the evidence about a thing was read.
    func hasTaken(_ uri: String) -> Bool { taken.contains(uri) }

    /// The events that hold of a thing, by time.
    func events(about uri: String) -> [TradeEvent] {
        (eventsAbout[uri] ?? []).map { events[$0] }.sorted(by: TradeEvent.precedes)
    }

    /// Reads the evidence about a thing; gives the events that hold of it, by time.
    mutating func take(_ evidence: VerifiedEvidence) -> [TradeEvent] {
        let uri = evidence.question.uri
        network = evidence.network
        taken.insert(uri)
        if evidence.governance.seq >= governance?.seq ?? 0 { governance = evidence.governance }
        let answer = evidence.judge()
        notConsulted.formUnion(answer.notConsulted)
        for alarm in evidence.bearingAlarms { alarms[alarm.alarm.digest] = alarm }
        for basis in answer.basis {
            asOfMilliseconds = min(asOfMilliseconds, basis.sealedAtMilliseconds)
        }
        if answer.outcome == .notApplicable { unknown.insert(uri) }
        related[uri] = evidence.related[Subject(facet: .events, uri: uri)] ?? []
        gatherRecalls(evidence)
        for told in gatherEvents(evidence) {
            add(told, about: uri)
            guard let eventID = told.event.eventID, let part = evidence.parts[told.part] else {
                continue
            }
            let content = Hash256.sha256(part.part.content)
            contents[NamedEvent(issuer: told.issuer, eventID: eventID), default: [:]][
                content, default: []
            ].insert(told.part)
        }
        return events(about: uri)
    }

    private mutating func add(_ told: TradeEvent, about uri: String) {
        let spoken = Spoken(part: told.part, issuer: told.issuer)
        let number = numbers[spoken] ?? events.count
        if number == events.count {
            events.append(told)
            numbers[spoken] = number
            issuers[told.part, default: []].insert(told.issuer)
        }
        eventsAbout[uri, default: []].append(number)
    }

    /// The events of a thing's chain that hold: neither declared wrong by their issuer nor such a
    /// declaration.
    private mutating func gatherEvents(_ evidence: VerifiedEvidence) -> [TradeEvent] {
        let uri = evidence.question.uri
        let subject = Subject(facet: .events, uri: uri)
        var found: [Spoken: TradeEvent] = [:]
        for log in evidence.logs {
            for link in log.chains[subject] ?? [] where link.role != .allocate {
                guard let entry = log.entries[link.leafIndex],
                    !evidence.hasFallen(entry)
                else { continue }
                let issuer = entry.issuer
                let part = evidence.parts[link.part]
                if let things = part?.things {
                    found[Spoken(part: link.part, issuer: issuer)] = TradeEvent(
                        things: things, issuer: issuer, part: link.part)
                } else if part == nil {
                    hidden[uri, default: []].insert(
                        HiddenPart(part: link.part, issuer: issuer, role: link.role))
                }
            }
        }
        let ordered = TradeEvent.distinct(Array(found.values), in: evidence)
        let told = Corrections(
            ordered.map {
                Corrections.Event(eventID: $0.event.eventID, declaration: $0.event.declaration)
            }
        ) { ordered[$0].issuer == ordered[$1].issuer }
        return told.correctedView.map { ordered[$0] }
    }

    private mutating func gatherRecalls(_ evidence: VerifiedEvidence) {
        let uri = evidence.question.uri
        let subject = Subject(facet: .assertions, uri: uri)
        var found: Set<NamedRecall> = []
        for log in evidence.logs {
            for link in log.chains[subject] ?? [] {
                guard let entry = log.entries[link.leafIndex],
                    !evidence.hasFallen(entry),
                    case .record(let record) = evidence.parts[link.part]?.readable,
                    record.kind == .recall, record.about.contains(uri)
                else { continue }
                let issuer = entry.issuer
                found.insert(
                    NamedRecall(
                        issuer: issuer, isUnrelated: !evidence.isRelated(issuer, to: subject),
                        fromMilliseconds: record.fromMilliseconds ?? 0,
                        untilMilliseconds: record.untilMilliseconds, reason: record.reason ?? "",
                        part: link.part))
            }
        }
        recalls[uri] = found.sorted { ($0.part, $0.issuer) < ($1.part, $1.issuer) }
    }

    /// The member that governs a place, an identifier or a party; nil if none does.
    func owner(of uri: String) -> String? { governance?.owner(of: uri) }
}
