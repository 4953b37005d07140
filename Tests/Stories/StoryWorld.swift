import DeterministicCBOR
package import EPCIS
import GS1
import MerkleTrees
package import Records
import Signatures
import Support
import Verdicts

/// A story told: its network and logs, from which evidence is gathered.
package struct StoryWorld: Sendable {
    /// The network.
    package let network: StoryNetwork
    /// The part that each step made, by the step's name.
    package private(set) var parts: [String: Part] = [:]

    private let story: Story
    private var logs: [String: KeptLog] = [:]
    private var rendered: [RenderedLog] = []
    /// The logs as their keepers show them to others, if they hide something.
    private var others: [RenderedLog] = []

    /// Tells a story from the first step to the last.
    ///
    /// An order gives the steps' numbers as they arrive; the times of registration stay where they
    /// are. What admission refuses is thrown, naming the step.
    package init(_ story: Story, order: [Int]? = nil) throws {
        self.story = story
        network = try StoryNetwork(story)
        let start = try story.network["created"]?.asString.map(milliseconds)
        for keeper in network.logs {
            logs[keeper.origin] = try KeptLog(
                of: keeper, fromMilliseconds: start ?? milliseconds("2025-01-01"))
        }
        for (slot, number) in (order ?? Array(story.steps.indices)).enumerated() {
            let step = story.steps[number]
            do {
                try tell(step, at: story.steps[slot].atMilliseconds)
            } catch {
                throw StoryError("\(story.name), \(step.name) by \(step.by): \(error)")
            }
        }
        rendered = try network.logs.compactMap { try logs[$0.origin]?.rendered() }
        if story.steps.contains(where: \.isHidden) {
            var shown = story
            shown.steps.removeAll(where: \.isHidden)
            others = try StoryWorld(shown).rendered
        }
    }

    /// Proof of each log that shows two histories.
    private func alarms() throws -> [Alarm] {
        try zip(rendered, others).compactMap { one, other in
            let size = min(one.size, other.size)
            let sides = try [one, other].map { log in
                SplitView.Side(
                    note: Array(log.checkpointNote.utf8), root: log.root(size: Int(size)),
                    proof: try log.consistencyProof(from: size))
            }
            guard sides[0].root != sides[1].root else { return nil }
            return Alarm(
                network: network.id, amendments: [],
                kind: .fork(SplitView(origin: one.origin, size: size, sides[0], sides[1])))
        }
    }

    // MARK: Telling

    private mutating func tell(_ step: StoryStep, at time: UInt64) throws {
        for origin in origins(of: step) {
            guard var log = logs[origin] else { throw StoryError("there is no log \(origin)") }
            log.wait(untilMilliseconds: time)
            let part = try part(of: step, in: log)
            parts[step.name] = part
            let submission = try submission(
                part, step, issuedAtSeconds: log.nowMilliseconds / 1_000)
            if step.leftOut.isEmpty {
                try log.register(submission, step.name)
                try log.seal()
            } else {
                log.force(submission)
            }
            if case .erasure(let other, _) = step.deed, let digest = parts[other]?.digest {
                log.erase(digest)
            }
            logs[origin] = log
        }
    }

    private func origins(of step: StoryStep) -> [String] {
        guard step.logs.isEmpty else { return step.logs }
        if case .amendment = step.deed { return network.logs.map(\.origin) }
        return Array(network.logs.map(\.origin).prefix(1))
    }

    private func part(of step: StoryStep, in log: KeptLog) throws -> Part {
        let signer = Signer(
            network: network.id, issuer: try network.uri(step.by),
            key: try network.issuerKey(step.by))
        let visibility = try visibility(step.visibility)
        switch step.deed {
        case .event(let json):
            let made = try signer.parts(epcisDocument: json.serialized(), visibility: visibility)
            guard made.count == 1, let part = made.first else {
                throw StoryError("a step registers one event")
            }
            return part
        case .record(let json):
            return try signer.part(try record(json, log), visibility: visibility)
        case .credential(let json):
            let record = try Record.certificate(
                credential: json.serialized(), issuer: network.uri(step.by))
            return try signer.part(record, visibility: visibility)
        case .amendment(let changes):
            let body = try network.amendment(changes, after: log.state.governance)
            return try signer.part(
                body.encoded(), type: PartContentType.governance, visibility: .open)
        case .erasure(let other, let reason):
            guard let part = parts[other] else { throw StoryError("there is no step \(other)") }
            var record = Record(kind: .erasure)
            record.target = .part(part.digest)
            record.keys = try rows(part).map(\.key).sorted()
            record.keys = Array(Set(record.keys)).sorted()
            record.reason = reason
            return try signer.part(record, visibility: .network)
        }
    }

    /// A record; its `head` may be `auto`: that of its account's chain as it now stands, and
    /// `masterData` stands for a body.
    private func record(_ json: JSONValue, _ log: KeptLog) throws -> Record {
        var members = json.asObject ?? []
        if let number = members.firstIndex(where: { $0.name == "head" }),
            members[number].value.asString == "auto"
        {
            let uri =
                "urn:cairn:account:" + (try json.text("month", "record")) + ":"
                + (try json.text("site", "record")) + " " + (try json.text("material", "record"))
            let head = log.head(of: Subject(facet: .account, uri: uri).key(in: network.id))
            members[number].value = .array([
                .number(JSONNumber(head.count)), .string(head.hash.hex),
            ])
        }
        if let number = members.firstIndex(where: { $0.name == "masterData" }) {
            let body = try MasterData.story(members[number].value).encoded()
            members[number] = JSONMember(
                "body",
                .object([
                    JSONMember("contentType", .string(MasterData.contentType)),
                    JSONMember("base64", .string(Base64.standard.encode(body))),
                ]))
        }
        return try Record.read(json: .object(members)) { path throws(Refusal) in
            throw Refusal(code: "record.field", field: path, reason: "a story's body is inline")
        }
    }

    private func visibility(_ json: JSONValue?) throws -> Visibility {
        switch json {
        case nil, .string("network"): .network
        case .string("public"): .open
        default:
            .organisations(
                try (json?.asArray ?? []).map { try network.uri($0.asString ?? "") }
                    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    private func rows(_ part: Part) throws -> [Row] {
        let rows = RowRules.rows(of: try Content.read(part), in: network.id) ?? []
        return rows.map { Row(part: part.digest, key: $0.key, role: $0.role) }
    }

    private func submission(
        _ part: Part, _ step: StoryStep, issuedAtSeconds: UInt64
    ) throws -> Submission {
        let left = Set(
            step.leftOut.flatMap { uri in
                Facet.allCases.map { Subject(facet: $0, uri: uri).key(in: network.id) }
            })
        let manifest = try Manifest(rows: try rows(part).filter { !left.contains($0.key) })
        let statement = try UnverifiedStatement.sign(
            manifest, network: network.id, issuer: network.uri(step.by),
            issuedAtSeconds: issuedAtSeconds, key: network.issuerKey(step.by))
        return Submission(
            statement: statement.bytes, manifest: manifest.encoded(), parts: [part.encoded])
    }

    // MARK: Asking

    /// The evidence file that answers a question, changed where the question says so.
    package func evidence(for question: StoryQuestion) throws -> [UInt8] {
        let shown = question.isOfOtherHistory ? others : rendered
        let sources =
            question.logs.isEmpty ? shown : shown.filter { question.logs.contains($0.origin) }
        let reader: Reader =
            try question.reader.map { .member(organisation: try network.uri($0)) }
            ?? .nodeOperator
        var builder = EvidenceBuilder(
            network: network.id, sources: sources, reader: reader,
            alarms: question.hasAlarms ? try alarms() : [])
        let subject = try CanonicalIdentifier(question.subject).uri
        var evidence = try builder.build(EvidenceQuestion(uri: subject, scope: .upstream))
        if let altered = question.altered {
            guard let part = parts[altered.step] else {
                throw StoryError("there is no step \(altered.step)")
            }
            guard let number = evidence.parts.firstIndex(of: part.encoded) else {
                throw StoryError("the part of \(altered.step) is not open in the evidence")
            }
            evidence.parts[number] = try Self.altered(part.encoded, altered.what)
            evidence.parts.sort { Part.digest(of: $0) < Part.digest(of: $1) }
        }
        return evidence.encoded()
    }

    /// The evidence about one thing alone, in any spelling, for a member by its name in the story;
    /// nil: with all parts open.
    package func evidence(
        aboutOnly uri: String, for member: String? = nil, hasAlarms: Bool = false
    ) throws -> [UInt8] {
        let reader: Reader =
            try member.map { .member(organisation: try network.uri($0)) } ?? .nodeOperator
        var builder = EvidenceBuilder(
            network: network.id, sources: rendered, reader: reader,
            alarms: hasAlarms ? try alarms() : [])
        let subject = try CanonicalIdentifier(uri).uri
        return try builder.build(EvidenceQuestion(uri: subject, scope: .subject)).encoded()
    }

    private static func altered(_ part: [UInt8], _ what: String) throws -> [UInt8] {
        guard var items = try CBORValue.decode(part).asArray, items.count == 4 else { return part }
        let number = what == "salt" ? 0 : 3
        guard var bytes = items[number].asBytes, let last = bytes.indices.last else { return part }
        bytes[last] ^= 1
        items[number] = .bytes(bytes)
        return CBORValue.array(items).encoded()
    }

    /// What the judge says, as `cairn audit --format json` prints it.
    package func answer(to question: StoryQuestion) throws -> JSONValue {
        let verified: VerifiedEvidence
        do {
            verified = try EvidenceVerifier(genesis: network.file).verify(evidence(for: question))
        } catch let rejection as EvidenceRejection {
            return rejection.json
        }
        do {
            return try verified.judge(question.claim, at: question.times).json
        } catch let refusal as Refusal {
            return .object([JSONMember("refused", .string(refusal.code))])
        }
    }
}

extension StoryQuestion {
    /// The world in which it is asked: the story's own, or one in which things arrive in another
    /// order.
    package func world(of story: Story, else world: StoryWorld) throws -> StoryWorld {
        guard !arrival.isEmpty else { return world }
        let numbers = Dictionary(
            story.steps.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { $1 })
        let order =
            arrival == ["reversed"]
            ? story.arrivals(reversing: true)
            : arrival.compactMap { numbers[$0] }
        guard order.count == story.steps.count else {
            throw StoryError("\(name): an arrival names every step once, or is reversed")
        }
        return try StoryWorld(story, order: order)
    }
}

extension Story {
    /// The story with a record more, by the signer of a step and in its logs, registered as its last
    /// but for what breaks the rules.
    package func adding(_ record: JSONValue, as step: StoryStep) -> Story {
        var story = self
        let last = steps.map(\.atMilliseconds).max() ?? 0
        var added = step
        added.name = "added"
        added.atMilliseconds = last + 86_400_000
        added.visibility = nil
        added.deed = .record(record)
        added.leftOut = []
        let place = steps.firstIndex { !$0.leftOut.isEmpty } ?? steps.count
        story.steps.insert(added, at: place)
        return story
    }

    /// When its last step is registered, in milliseconds.
    package var lastMilliseconds: UInt64 { steps.map(\.atMilliseconds).max() ?? 0 }

    /// Another order in which the same steps can arrive: between two that others rest on, steps
    /// that rest on nothing are reversed, or as `shuffle` puts them; a second description of one
    /// thing stays behind the first.
    package func arrivals(
        reversing: Bool = false, shuffle: ([Int]) -> [Int] = { $0 }
    ) -> [Int] {
        var order: [Int] = []
        var free: [Int] = []
        func settle() {
            order += reversing ? free.reversed() : shuffle(free)
            free.removeAll()
        }
        for (number, step) in steps.enumerated() {
            if step.movesFreely {
                if free.contains(where: { step.describesAgain(steps[$0]) }) { settle() }
                free.append(number)
            } else {
                settle()
                order.append(number)
            }
        }
        settle()
        return order
    }
}

extension MasterData {
    /// Master data as stories write it: `kind`, `attributes` as pairs, `conversions` as triples,
    /// `coordinates` as a pair.
    fileprivate static func story(_ json: JSONValue) throws -> MasterData {
        let name = try json.text("kind", "masterData")
        guard let kind = Kind(rawValue: name) else { throw StoryError("no kind \(name)") }
        var data = MasterData(kind: kind)
        func rows(_ member: String) -> [[String]] {
            (json[member]?.asArray ?? []).map { ($0.asArray ?? []).compactMap(\.asString) }
        }
        data.attributes = rows("attributes").map { Attribute($0[0], $0[1]) }
        data.conversions = try rows("conversions").map { row in
            guard row.count == 3, let from = UnitCode(row[0]), let to = UnitCode(row[1]),
                let factor = ExactDecimal(row[2])
            else { throw StoryError("a conversion is [from, to, factor]") }
            return Conversion(from: from, to: to, factor: factor)
        }
        let place = json.texts("coordinates").compactMap(ExactDecimal.init)
        if place.count == 2 {
            data.coordinates = Coordinates(latitude: place[0], longitude: place[1])
        }
        return data
    }
}
