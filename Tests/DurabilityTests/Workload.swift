import Foundation
import GRDB
import MerkleTrees
import Records
import Sequencing
import Support
import Testing

@testable package import Storage

extension Ledger: LedgerUnderTest {
    package typealias Store = LedgerStore
    package var indexDepth: Int { identity.indexDepth }
}

/// What a node does to its ledger in these tests: always the same statements in the same groups.
///
/// It was worked out once by a sequencer over a ledger, as a node does it; since a group is a value,
/// it can be committed again to any ledger that is at its beginning.
struct Workload: Sendable {
    /// One thing that is acknowledged when it returns.
    enum Act: Sendable {
        case commit(GroupToCommit)
        case erase(GroupToCommit)
    }

    /// Where the ledger stands after the first so many acts.
    struct State: Sendable {
        var digest: ContentDigest
        var size: UInt64
        var root: Hash256
    }

    static let indexDepth = 8
    /// Bytes of the part that is erased; no file may hold them afterwards.
    static let secret = "a name that must be forgotten"

    let network: DemoNetwork
    let acts: [Act]
    /// One more than acts.
    let states: [State]

    var identity: LogIdentity {
        LogIdentity(
            origin: DemoNetwork.origin, network: network.id, indexDepth: Self.indexDepth)
    }

    /// The one workload of the process.
    static func shared() throws -> Workload { try made.get() }
    private static let made = Result { try Workload() }

    private init() throws {
        network = try DemoNetwork()
        let directory = try TemporaryDirectory()
        let ledger = try Ledger.create(
            directory: directory.path,
            identity: LogIdentity(
                origin: DemoNetwork.origin, network: network.id, indexDepth: Self.indexDepth))
        var writing = Writing(ledger: ledger, states: [try Self.state(of: ledger)])
        try writing.done(.commit(try Self.genesisGroup(network, in: ledger)))
        var rig = try SequencerRig(network: network, ledger: ledger)
        for number in 0..<4 {
            try writing.group(try network.trade(batches: 1 + number % 3, name: "n\(number)"), &rig)
        }
        let part = try network.note(Self.secret, by: network.supplier)
        try writing.group([try Self.note(part, network)], &rig)
        let erasure = try rig.admit(try Self.erasure(of: part, network))
        _ = try rig.stage(erasure)
        let erasing = try rig.commit()
        try ledger.checkpoint()
        try writing.done(.erase(erasing))
        for number in 4..<7 {
            try writing.group(try network.trade(batches: 1 + number % 2, name: "n\(number)"), &rig)
        }
        acts = writing.acts
        states = writing.states
        let genesis = network.state
        let findings = try ledger.read { LedgerCheck.report(on: $0, genesis: genesis).findings }
        try #require(findings == [])
    }

    private struct Writing {
        let ledger: Ledger
        var acts: [Act] = []
        var states: [State]

        mutating func group(
            _ submissions: [Submission], _ rig: inout SequencerRig<Ledger>
        ) throws {
            for submission in submissions { _ = try rig.stage(try rig.admit(submission)) }
            try done(.commit(try rig.commit()))
        }

        mutating func done(_ act: Act) throws {
            acts.append(act)
            states.append(try Workload.state(of: ledger))
        }
    }

    /// The group with the genesis statement, as `cairn init` makes it.
    private static func genesisGroup(_ network: DemoNetwork, in ledger: Ledger) throws
        -> GroupToCommit
    {
        let now = DemoNetwork.startMilliseconds + 60_000
        return try ledger.write { store in
            var sequencer = try Sequencer(
                resuming: store, genesis: network.state, origin: DemoNetwork.origin,
                indexDepth: indexDepth, logKey: network.logKey)
            let facts = AdmissionFacts(ledger: ledger, basis: sequencer.basis)
            let admitted = try Admission(governance: network.state, facts: facts)
                .admit(network.file.submission, nowMilliseconds: now)
            _ = try sequencer.stage(
                admitted, admittedUnder: 0, nowMilliseconds: now, in: store)
            let group = try sequencer.seal(nowMilliseconds: now, in: store)
            try store.commit(group)
            return group
        }
    }

    private static func note(_ part: Part, _ network: DemoNetwork) throws -> Submission {
        let supplier = network.supplier
        let rows = [network.row(part, .events, supplier.batch("n0-0"), .mention)]
        return try network.submission([part], rows: rows, by: supplier)
    }

    private static func erasure(of part: Part, _ network: DemoNetwork) throws -> Submission {
        let supplier = network.supplier
        var record = Record(kind: .erasure)
        record.target = .part(part.digest)
        record.keys = [network.row(part, .events, supplier.batch("n0-0"), .mention).key]
        record.reason = "asked for"
        let signer = Signer(network: network.id, issuer: supplier.uri, key: supplier.key)
        let made = try signer.part(record, visibility: .network)
        return try signer.submissions([made], issuedAtSeconds: DemoNetwork.startSeconds)[0]
    }

    // MARK: States

    static func state(of ledger: Ledger) throws -> State {
        try ledger.read { store in
            let size = try store.size()
            let root = size == 0 ? .zero : try TreeReader(tiles: store, size: size).root()
            return State(digest: try ContentDigest(store), size: size, root: root)
        }
    }

    /// How many acts a ledger shows; nil if it is at no state of this workload.
    func actsShown(by store: LedgerStore) throws -> Int? {
        let digest = try ContentDigest(store)
        return states.firstIndex { $0.digest == digest }
    }

    // MARK: Acting

    /// Does one act.
    func perform(_ number: Int, on ledger: Ledger) throws {
        switch acts[number] {
        case .commit(let group): try ledger.write { try $0.commit(group) }
        case .erase(let group):
            try ledger.write { if try $0.size() < group.size { try $0.commit(group) } }
            try ledger.checkpoint()
        }
    }

    /// The acts whose statements hold the secret, and the one that erased it.
    var erasing: Int { acts.firstIndex { if case .erase = $0 { true } else { false } } ?? 0 }
}
