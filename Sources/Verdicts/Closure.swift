import EPCIS
import GS1
import MerkleTrees
import Records

/// One link as the closure reads it: who signed what, and where.
struct ClosureLink {
    /// The issuer of the statement.
    var issuer: String
    /// The row's role.
    var role: Role
    /// When the statement was registered, in which log and at which leaf: the earlier comes first.
    var place: (registeredAtMilliseconds: UInt64, origin: String, leafIndex: UInt64)
    /// Whether the newest governance lets the statement stand.
    var stands: Bool
    /// The part that the row names.
    var part: Hash256

    /// By place; of one place by digest.
    static func precedes(_ left: ClosureLink, _ right: ClosureLink) -> Bool {
        left.place == right.place ? left.part < right.part : left.place < right.place
    }
}

/// Which subjects an answer rests on, and whose word counts about each (SPEC §13.2, §15.2).
///
/// A function of the question, of governance and of the opened parts alone, computed alike by who
/// builds evidence and by who checks it. It opens the parts of those alone whose word counts, so
/// that what a stranger says makes nothing larger.
///
/// Both only grow as more is read, so the order of reading does not matter.
struct Closure {
    /// The most subjects one question may lead to.
    static let subjectsLimit = 20_000

    /// The subjects asked.
    private(set) var asked: Set<Subject> = []
    /// Who is related to each of them.
    private(set) var related: [Subject: Set<String>] = [:]
    /// The owners of what the question is about.
    let questionOwners: Set<String>

    private let question: EvidenceQuestion
    private let ownership: Ownership
    private var owners: [String: Set<String>] = [:]
    private var links: [Subject: [String: [ClosureLink]]] = [:]
    private var relations: [String: Set<Subject>] = [:]
    /// Who is related to the events of any thing: asked for each link.
    private var handlers: Set<String> = []
    private var gifts: [String: Set<Delegation>] = [:]
    /// Whom an anchor accredited.
    private var accredited: Set<String> = []
    /// In which chains those speak who may be accredited.
    private var spoken: [String: [Subject]] = [:]
    private var opened: Set<String> = []
    private var held: Set<String> = []
    private var stepped: Set<Stepped> = []
    private var work: [Work] = []

    /// A process that was followed to what it used up, on an organisation's word.
    private struct Stepped: Hashable {
        var part: Hash256
        var organisation: String
    }

    private enum Work {
        /// A chain was asked: read it.
        case read(Subject)
        /// An organisation became related to a subject.
        case relate(String, Subject)
        /// What an organisation says in a chain is to be followed.
        case follow(String, Subject)
    }

    private init(_ question: EvidenceQuestion, ownership: Ownership) {
        self.question = question
        self.ownership = ownership
        questionOwners = ownership.owners(of: question.uri)
    }

    private var goesUpstream: Bool { question.scope == .upstream }

    /// Computes the closure; `read` gives the links of a chain over all logs, none where it is
    /// absent, `open` what a part says, nil for a stub.
    ///
    /// - Throws: what `read` and `open` throw, and `evidence.too-large`.
    static func of(
        _ question: EvidenceQuestion, network: Hash256, ownership: Ownership,
        read: (Subject) throws -> [ClosureLink], open: (Hash256) throws -> OpenedPart?
    ) throws -> Closure {
        var closure = Closure(question, ownership: ownership)
        closure.ask(.network(network))
        closure.open(question.uri)
        while let next = closure.work.popLast() {
            guard closure.asked.count <= subjectsLimit else {
                throw Refusal(
                    code: "evidence.too-large", field: "question",
                    reason: "the answer rests on more than \(subjectsLimit) subjects; "
                        + "ask with scope subject")
            }
            switch next {
            case .read(let subject): closure.take(try read(subject), of: subject)
            case .relate(let organisation, let subject): closure.relate(organisation, to: subject)
            case .follow(let organisation, let subject):
                try closure.follow(organisation, in: subject, open: open)
            }
        }
        return closure
    }

    /// The links of a chain that was asked.
    func links(of subject: Subject) -> some Sequence<ClosureLink> {
        (links[subject] ?? [:]).values.joined()
    }

    /// Whether what a link names may bear on an answer: it stands, and its issuer's word counts
    /// about the thing or about another in the answer, or is heard about others' things.
    func hears(_ link: ClosureLink, in subject: Subject) -> Bool {
        guard link.stands else { return false }
        if related[subject]?.contains(link.issuer) ?? false { return true }
        if subject.facet != .events, isHeard(link.issuer) { return true }
        return handlers.contains(link.issuer)
    }

    /// Whether an organisation is heard about others' things: governance names it, or it may
    /// certify and an anchor accredited it.
    private func isHeard(_ organisation: String) -> Bool {
        ownership.isNamed(organisation) || accredited.contains(organisation)
    }

    // MARK: Asking

    private mutating func ask(_ subject: Subject) {
        guard asked.insert(subject).inserted else { return }
        work.append(.read(subject))
        guard subject.facet != .account else { return }
        // What an organisation says of itself counts once it has a thing in hand, and if asked for.
        for owner in owners(of: subject.uri)
        where owner != subject.uri || owner == question.uri {
            work.append(.relate(owner, subject))
        }
    }

    private mutating func owners(of uri: String) -> Set<String> {
        if let known = owners[uri] { return known }
        let found = ownership.owners(of: uri)
        owners[uri] = found
        return found
    }

    private mutating func ask(assertionsAbout uri: String) {
        ask(Subject(facet: .assertions, uri: uri))
    }

    private mutating func meet(_ uri: String) {
        ask(Subject(facet: .events, uri: uri))
        ask(assertionsAbout: uri)
        if let thing = try? CanonicalIdentifier(uri), let product = thing.product {
            ask(assertionsAbout: product)
        }
    }

    private mutating func open(_ uri: String, led organisation: String? = nil) {
        let subject = Subject(facet: .events, uri: uri)
        if opened.insert(uri).inserted {
            meet(uri)
            if held.contains(uri) {
                for organisation in related[subject] ?? [] {
                    work.append(.follow(organisation, subject))
                }
            }
        }
        if let organisation { work.append(.relate(organisation, subject)) }
    }

    private mutating func hold(_ uri: String, led organisation: String) {
        if !opened.contains(uri), held.insert(uri).inserted { meet(uri) }
        work.append(.relate(organisation, Subject(facet: .events, uri: uri)))
    }

    // MARK: Relating

    private mutating func relate(_ organisation: String, to subject: Subject) {
        guard related[subject, default: []].insert(organisation).inserted else { return }
        relations[organisation, default: []].insert(subject)
        for gift in ownership.gifts(of: organisation) { pass(gift, on: subject) }
        for gift in gifts[organisation] ?? [] { pass(gift, on: subject) }
        if subject.facet == .events {
            handlers.insert(organisation)
            ask(assertionsAbout: organisation)
            for uri in [subject.uri, organisation] {
                work.append(.relate(organisation, Subject(facet: .assertions, uri: uri)))
            }
        }
        work.append(.follow(organisation, subject))
    }

    /// A delegation lets whom it is given to speak where its giver may.
    private mutating func pass(_ gift: Delegation, on subject: Subject) {
        guard subject.uri != gift.by, gift.concerns(subject.uri) else { return }
        work.append(.relate(gift.to, subject))
    }

    /// Where nobody owns what was asked, whoever spoke of it first is related to it.
    private func first(in links: [ClosureLink], of subject: Subject) -> String? {
        let candidates = links.filter {
            $0.stands && (subject.facet == .events || $0.role == .assert)
        }
        return candidates.min { $0.place < $1.place }?.issuer
    }

    // MARK: Reading

    private mutating func take(_ read: [ClosureLink], of subject: Subject) {
        links[subject] = Dictionary(grouping: read, by: \.issuer)
        if subject.uri == question.uri, questionOwners.isEmpty,
            let first = first(in: read, of: subject)
        {
            work.append(.relate(first, subject))
        }
        for issuer in (links[subject] ?? [:]).keys {
            if ownership.isCertifying(issuer) {
                ask(assertionsAbout: issuer)
                spoken[issuer, default: []].append(subject)
            }
            work.append(.follow(issuer, subject))
        }
    }

    /// Follows what an organisation says in a chain, if its word counts there.
    private mutating func follow(
        _ organisation: String, in subject: Subject, open: (Hash256) throws -> OpenedPart?
    ) throws {
        let isRelated = related[subject]?.contains(organisation) ?? false
        let isOwn = subject.facet == .assertions && subject.uri == organisation
        let isHeard = subject.facet == .assertions && isHeard(organisation)
        guard isRelated || isHeard else { return }
        for link in links[subject]?[organisation] ?? [] where link.stands {
            guard let opened = try open(link.part) else { continue }
            if let things = opened.things {
                guard subject.facet == .events else { continue }
                followContext(of: things, in: subject)
                guard goesUpstream else { continue }
                follow(things, of: link.part, from: subject.uri, led: organisation)
            } else if case .record(let record) = opened.readable {
                let accredits =
                    record.kind == .accreditation && ownership.anchors.contains(organisation)
                if isRelated || !isOwn || accredits { follow(record) }
                if accredits { hear(record.about) }
                if isRelated, isOwn { take(gifts: record, of: organisation) }
            }
        }
    }

    /// Whom an anchor accredits is heard wherever it speaks.
    private mutating func hear(_ certifiers: [String]) {
        for certifier in certifiers
        where ownership.isCertifying(certifier) && accredited.insert(certifier).inserted {
            for subject in spoken[certifier] ?? [] { work.append(.follow(certifier, subject)) }
        }
    }

    /// Leave that an organisation gives stands in its own chain.
    private mutating func take(gifts record: Record, of giver: String) {
        for organisation in record.to {
            guard let gift = Delegation(record, to: organisation, issuer: giver),
                gifts[giver, default: []].insert(gift).inserted
            else { continue }
            for subject in relations[giver] ?? [] { pass(gift, on: subject) }
        }
    }

    /// Sites and parties of an event; their owners have had the thing in their hands.
    private mutating func followContext(of things: EventThings, in subject: Subject) {
        for place in things.context {
            for owner in owners(of: place.uri) { work.append(.relate(owner, subject)) }
            if goesUpstream { ask(assertionsAbout: place.uri) }
        }
        guard goesUpstream else { return }
        for credential in things.event.certificationInfo { ask(assertionsAbout: credential.uri) }
    }

    /// Follows an event from a thing it is about.
    ///
    /// A batch that only the spelling of an item names is none of its objects.
    private mutating func follow(
        _ things: EventThings, of part: Hash256, from uri: String, led organisation: String
    ) {
        let event = things.event
        let packs = event.type == .aggregation || event.type == .association
        if packs, let parent = event.parentID, things.packs(uri) {
            hold(parent.uri, led: organisation)
        }
        guard opened.contains(uri) else { return }
        let process = event.transformationID?.uri
        if process == uri || things.makes(uri),
            stepped.insert(Stepped(part: part, organisation: organisation)).inserted
        {
            // Once: all that was made of it was made of the same.
            for input in things.inputs { open(input.uri, led: organisation) }
            if let process { open(process, led: organisation) }
        }
        if packs, event.parentID?.uri == uri {
            for child in things.children { open(child.uri, led: organisation) }
        }
        for flow in things.flows(of: uri) {
            if let batch = flow.subject.batch { open(batch, led: organisation) }
        }
    }

    private mutating func follow(_ record: Record) {
        if let id = record.id { ask(assertionsAbout: id) }
        if record.kind == .periodBalance, let account = record.account { ask(account) }
        guard case .record(let target) = record.target else { return }
        ask(assertionsAbout: target)
        if record.kind == .allocation { ask(Subject(facet: .account, uri: target)) }
    }
}
