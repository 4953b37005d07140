import EPCIS
import GS1
import MerkleTrees
import Records

/// One link as the closure reads it: who signed, and what the part says if it is open.
struct ClosureLink {
    /// The issuer of the statement.
    var issuer: String
    /// The content, nil for a stub and for what cannot be read.
    var content: Content?
}

/// Which subjects an answer rests on (SPEC §15.2): a function of the question and of the opened
/// parts alone, computed alike by who builds evidence and by who checks it.
struct Closure {
    /// The most subjects one question may lead to.
    static let subjectsLimit = 20_000

    private let scope: EvidenceScope
    private var links: [Subject: [ClosureLink]] = [:]
    private(set) var asked: Set<Subject> = []
    private var opened: Set<String> = []
    private var held: Set<String> = []
    private var work: [Work] = []

    private enum Work {
        /// A chain was asked: read it.
        case read(Subject)
        /// A thing was opened after its chain was read: follow its events again.
        case follow(String)
    }

    private init(scope: EvidenceScope) {
        self.scope = scope
    }

    /// Computes the asked set; `read` gives the links of a chain over all logs, none where it is
    /// absent.
    ///
    /// - Throws: what `read` throws, and `evidence.too-large`.
    static func asked(
        by question: EvidenceQuestion, network: Hash256,
        read: (Subject) throws -> [ClosureLink]
    ) throws -> Set<Subject> {
        var closure = Closure(scope: question.scope)
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
            case .read(let subject):
                let links = try read(subject)
                closure.links[subject] = links
                for link in links { closure.follow(link, in: subject) }
            case .follow(let uri):
                let subject = Subject(facet: .events, uri: uri)
                for link in closure.links[subject] ?? [] { closure.follow(link, in: subject) }
            }
        }
        return closure.asked
    }

    private mutating func ask(_ subject: Subject) {
        if asked.insert(subject).inserted { work.append(.read(subject)) }
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

    private mutating func open(_ uri: String) {
        guard opened.insert(uri).inserted else { return }
        meet(uri)
        if held.contains(uri) { work.append(.follow(uri)) }
    }

    private mutating func hold(_ uri: String) {
        guard !opened.contains(uri), held.insert(uri).inserted else { return }
        meet(uri)
    }

    private mutating func follow(_ link: ClosureLink, in subject: Subject) {
        ask(assertionsAbout: link.issuer)
        switch link.content {
        case .event(let event):
            guard scope == .upstream, subject.facet == .events else { return }
            followContext(of: event)
            follow(event, from: subject.uri)
        case .record(let record): follow(record)
        case .governance, .attachment, nil: return
        }
    }

    private mutating func followContext(of event: EPCISEvent) {
        for site in event.sites { ask(assertionsAbout: site.uri) }
        for party in event.parties { ask(assertionsAbout: party.uri) }
        for credential in event.certificationInfo { ask(assertionsAbout: credential.uri) }
        for flow in event.flows {
            if let material = flow.subject.material { ask(assertionsAbout: material) }
        }
    }

    /// Follows an event from a thing it is about.
    ///
    /// A batch that only the spelling of an item names is none of its objects.
    private mutating func follow(_ event: EPCISEvent, from uri: String) {
        let packs = event.type == .aggregation || event.type == .association
        if packs, event.children.contains(where: { $0.uri == uri }), let parent = event.parentID {
            hold(parent.uri)
        }
        guard opened.contains(uri) else { return }
        let process = event.transformationID?.uri
        if process == uri || event.outputs.contains(where: { $0.uri == uri }) {
            for input in event.inputs { open(input.uri) }
            if let process { open(process) }
        }
        if packs, event.parentID?.uri == uri {
            for child in event.children { open(child.uri) }
        }
        for flow in event.flows where flow.subject.uri == uri {
            if let batch = flow.subject.batch { open(batch) }
        }
    }

    private mutating func follow(_ record: Record) {
        if let id = record.id { ask(assertionsAbout: id) }
        guard case .record(let target) = record.target else { return }
        ask(assertionsAbout: target)
        if record.kind == .allocation { ask(Subject(facet: .account, uri: target)) }
    }
}
