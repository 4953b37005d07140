import MerkleTrees
import Records
import Support
import Verdicts

/// What holds against an attack by whoever keeps the log and its key.
enum Defence: String, CaseIterable, Hashable {
    /// The verifier rejects the evidence.
    case rejected
    /// The answer is no better than the honest one.
    case notBetter = "not better"
    /// A mirror's recomputation of the log reports a breach of SPEC §14.
    case breach
    /// The log contradicts a checkpoint it gave out before: a fork, which every holder of a receipt
    /// or mirror sees.
    case fork
}

/// One way in which the keeper of a log may cheat.
struct Attack {
    /// What the attacker ends up with: a log for mirrors, and a file for auditors.
    struct Result {
        var log: RenderedLog
        var evidence: Evidence
    }

    /// What the attacker does.
    let name: String
    /// The defences that hold each time; besides them others may, now and then.
    let always: Set<Defence>
    /// Carries it out.
    let carryOut: (AttackedLog, EvidenceQuestion, inout SplitMix64) throws -> Result

    init(
        _ name: String, always: Set<Defence>,
        carryOut: @escaping (AttackedLog, EvidenceQuestion, inout SplitMix64) throws -> Result
    ) {
        self.name = name
        self.always = always
        self.carryOut = carryOut
    }

    /// An attack that rewrites the script and seals it anew.
    static func script(
        _ name: String, always: Set<Defence>,
        change:
            @escaping (inout LogScript, inout Forgery, AttackedLog, inout SplitMix64) throws
            -> Void
    ) -> Attack {
        Attack(name, always: always) { attacked, question, random in
            var (script, forgery) = (attacked.log.script, Forgery())
            try change(&script, &forgery, attacked, &random)
            let log = try script.rendered(forgery, network: attacked.network)
            return Result(log: log, evidence: try attacked.evidence(log, question))
        }
    }

    /// Every way.
    static var all: [Attack] { omissions + additions + times + presentations }
}

extension LogScript {
    /// The time of an item.
    func time(_ index: Int) -> UInt64 {
        switch items[index] {
        case .statement(_, let time), .seal(let time): time
        }
    }

    /// Registers an item's statement at another time.
    mutating func move(_ index: Int, toTime time: UInt64) {
        if case .statement(let submission, _) = items[index] {
            items[index] = .statement(submission, registeredAtMilliseconds: time)
        }
    }

    /// Removes items, and seals that are left with nothing to seal.
    mutating func remove(_ indexes: Set<Int>) {
        var kept: [Item] = []
        for (index, item) in items.enumerated() where !indexes.contains(index) {
            if case .seal = item, case .seal? = kept.last { continue }
            kept.append(item)
        }
        items = kept
    }
}

extension Attack {
    static var omissions: [Attack] {
        [
            script("a record omitted, and everything after it sealed anew", always: [.fork]) {
                script, _, attacked, random in
                let names = ["made B", "reported C", "moved A", "received A", "certificate of B"]
                script.remove([attacked.leaf(names.randomElement(using: &random) ?? "made B")])
            },
            script("an amendment omitted, and everything after it sealed anew", always: [.fork]) {
                script, _, attacked, _ in
                script.remove([attacked.leaf("revocation")])
            },
            script("the newest group withdrawn", always: [.fork]) { script, _, attacked, _ in
                script.remove(Set(attacked.leaf("received A")..<script.items.count))
            },
            script("one link dropped, its entry kept", always: [.breach]) {
                script, forgery, attacked, random in
                let leaf = attacked.statements.randomElement(using: &random) ?? 2
                let place = try attacked.places(at: leaf).sorted { $0.row < $1.row }
                    .randomElement(using: &random)
                forgery.droppedLinks = Set([place].compactMap { $0 })
            },
            script("all links of an entry dropped", always: [.breach]) {
                script, forgery, attacked, random in
                let leaf = attacked.statements.randomElement(using: &random) ?? 2
                forgery.droppedLinks = try attacked.places(at: leaf)
            },
            script("an amendment kept from chain and seals", always: [.breach]) {
                script, forgery, attacked, _ in
                let leaf = attacked.leaf("revocation")
                forgery.droppedLinks = try attacked.places(at: leaf)
                forgery.hiddenAmendments = [UInt64(leaf)]
            },
            script("an amendment kept from its chain alone", always: [.rejected, .breach]) {
                script, forgery, attacked, _ in
                forgery.droppedLinks = try attacked.places(at: attacked.leaf("revocation"))
            },
            Attack("a subject's chain presented as absent", always: [.breach]) {
                attacked, question, random in
                var forgery = Forgery()
                let facet: Facet = Bool.random(using: &random) ? .events : .assertions
                let uri =
                    facet == .events && question.uri != attacked.subjects[3]
                    ? question.uri : attacked.network.supplier.batch("B")
                let key = Subject(facet: facet, uri: uri).key(in: attacked.network.id)
                for leaf in attacked.statements {
                    forgery.droppedLinks.formUnion(try attacked.places(at: leaf, about: key))
                }
                let log = try attacked.log.script.rendered(forgery, network: attacked.network)
                return Result(log: log, evidence: try attacked.evidence(log, question))
            },
        ]
    }

    static var additions: [Attack] {
        [
            script(
                "a statement in the name of a member, by a key it does not have",
                always: [.breach]
            ) { script, _, attacked, random in
                let network = attacked.network
                let forged = try AttackedLog.event(
                    network, by: network.supplier, network.supplier.batch("B"),
                    at: network.supplier.site, "OBSERVE",
                    key: DemoNetwork.key("stranger \(random.next())"),
                    seconds: DemoNetwork.startSeconds)
                let time = script.time(script.items.count - 1)
                script.items.insert(
                    .statement(forged, registeredAtMilliseconds: time),
                    at: script.items.count - 1)
            },
            script("a statement registered twice", always: [.breach]) {
                script, _, attacked, random in
                let leaf =
                    attacked.statements.filter { $0 != attacked.leaf("revocation") }
                    .randomElement(using: &random) ?? 2
                guard case .statement(let submission, _) = script.items[leaf] else { return }
                let end = script.items.count - 1
                script.items.insert(
                    .statement(submission, registeredAtMilliseconds: script.time(end)), at: end)
            },
            Attack("a link that no manifest gives", always: [.rejected, .breach]) {
                attacked, question, random in
                var forgery = Forgery()
                let key = Subject(facet: .events, uri: question.uri).key(in: attacked.network.id)
                let leaves = attacked.statements.shuffled(using: &random)
                for leaf in leaves where forgery.addedLinks.isEmpty {
                    let strange = try attacked.places(at: leaf)
                        .subtracting(attacked.places(at: leaf, about: key))
                    guard let place = strange.min(by: { $0.row < $1.row }) else { continue }
                    forgery.addedLinks = [(key, place)]
                }
                let log = try attacked.log.script.rendered(forgery, network: attacked.network)
                return Result(log: log, evidence: try attacked.evidence(log, question))
            },
            script("a seal without a statement before it", always: [.breach, .fork]) {
                script, _, _, random in
                let seals = script.items.indices.filter {
                    if case .seal = script.items[$0] { true } else { false }
                }
                let place = seals.dropLast().randomElement(using: &random) ?? 1
                script.items.insert(.seal(atMilliseconds: script.time(place)), at: place)
            },
            script("a stolen key's statement put before its revocation", always: [.fork]) {
                script, _, attacked, _ in
                try attacked.insertStolen(into: &script, at: attacked.leaf("moved A"))
            },
            script("a stolen key's statement after its revocation", always: [.breach]) {
                script, _, attacked, random in
                let end = script.items.count - 1
                let time =
                    Bool.random(using: &random)
                    ? script.time(end) : script.time(attacked.leaf("reported C"))
                try attacked.insertStolen(into: &script, at: end, time: time)
            },
        ]
    }

    static var times: [Attack] {
        [
            script("a statement registered at an earlier time, and sealed anew", always: [.fork]) {
                script, _, attacked, random in
                let names = ["moved A", "received A", "reported C"]
                let leaf = attacked.leaf(names.randomElement(using: &random) ?? "moved A")
                script.move(leaf, toTime: script.time(leaf - 1))
            },
            script("a statement moved to before the entry before it", always: [.breach]) {
                script, _, attacked, random in
                let leaf = attacked.statements.randomElement(using: &random) ?? 2
                script.move(leaf, toTime: script.time(leaf - 1) - 1)
            },
            script("a last seal older than the network", always: [.rejected, .breach]) {
                script, _, _, _ in
                script.items[script.items.count - 1] = .seal(atMilliseconds: script.time(0) - 1)
            },
            script("two statements in another order", always: [.fork, .notBetter]) {
                script, _, attacked, random in
                let place = attacked.leaf("made A") + Int.random(in: 0..<2, using: &random)
                let (first, second) = (script.time(place), script.time(place + 1))
                script.items.swapAt(place, place + 1)
                script.move(place, toTime: first)
                script.move(place + 1, toTime: second)
            },
        ]
    }

    static var presentations: [Attack] {
        [
            Attack("an old index root under a new checkpoint", always: [.rejected, .breach]) {
                attacked, question, random in
                var forgery = Forgery()
                forgery.staleIndexFrom = attacked.honest.lastSeal
                let log = try attacked.log.script.rendered(forgery, network: attacked.network)
                return Result(log: log, evidence: try attacked.evidence(log, question))
            },
            Attack("an old index root with the chains of its time", always: [.breach]) {
                attacked, question, random in
                var forgery = Forgery()
                forgery.staleIndexFrom = attacked.honest.lastSeal
                let log = try attacked.log.script.rendered(forgery, network: attacked.network)
                var earlier = attacked.log.script
                earlier.remove(Set(attacked.leaf("received A")..<earlier.items.count))
                let stale = try earlier.rendered(network: attacked.network)
                let evidence = try attacked.evidence(
                    StaleSource(newest: log, stale: stale), question)
                return Result(log: log, evidence: evidence)
            },
            Attack("a stub instead of a part", always: []) { attacked, question, random in
                var evidence = try attacked.evidence(attacked.honest, question)
                let said = try evidence.parts.filter {
                    try Part.decode($0).contentType != PartContentType.governance
                }
                let part =
                    (said.isEmpty ? evidence.parts : said).randomElement(using: &random)
                    ?? []
                evidence.parts.removeAll { $0 == part }
                evidence.stubs = (evidence.stubs + [try Part.decode(part).digest]).sorted()
                return Result(log: attacked.honest, evidence: evidence)
            },
            Attack("the answer to another question", always: [.rejected]) {
                attacked, question, random in
                var evidence = try attacked.evidence(attacked.honest, question)
                let others = attacked.subjects.filter { $0 != question.uri }
                evidence.question.uri = others.randomElement(using: &random) ?? "urn:x:y"
                return Result(log: attacked.honest, evidence: evidence)
            },
            Attack("another key under the log's name", always: [.rejected, .breach]) {
                attacked, question, random in
                var forgery = Forgery()
                forgery.logKey = try DemoNetwork.key("other log \(random.next())")
                let log = try attacked.log.script.rendered(forgery, network: attacked.network)
                return Result(log: log, evidence: try attacked.evidence(log, question))
            },
        ]
    }
}

extension AttackedLog {
    /// Puts a statement by the carrier's stolen key, about a batch D, into the script.
    func insertStolen(into script: inout LogScript, at index: Int, time: UInt64? = nil) throws {
        let stolen = try Self.event(
            network, by: network.carrier, network.carrier.batch("D"), at: network.carrier.site,
            seconds: DemoNetwork.startSeconds)
        let registered = time ?? script.time(index - 1)
        script.items.insert(
            .statement(stolen, registeredAtMilliseconds: registered), at: index)
    }
}
