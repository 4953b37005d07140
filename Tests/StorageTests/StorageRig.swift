import Records
import Sequencing
package import Storage
import Support

extension Ledger: LedgerUnderTest {
    package typealias Store = LedgerStore
    package var indexDepth: Int { identity.indexDepth }
}

/// A ledger of the demo network in a directory of its own.
struct StorageRig {
    let directory: TemporaryDirectory
    let network: DemoNetwork

    init() throws {
        directory = try TemporaryDirectory()
        network = try DemoNetwork()
    }

    /// Makes the ledger.
    func create() throws -> Ledger {
        try Ledger.create(
            directory: directory.path,
            identity: LogIdentity(origin: DemoNetwork.origin, network: network.id, indexDepth: 8))
    }

    /// Makes the ledger and registers a trade of so many batches in it, in two groups.
    func filled(batches: Int = 3) throws -> Ledger {
        let ledger = try create()
        var rig = try SequencerRig(network: network, ledger: ledger)
        let trade = try network.trade(batches: batches)
        try rig.register(Array(trade.prefix(batches)))
        try rig.register(Array(trade.dropFirst(batches)))
        return ledger
    }

    /// A group that would follow so many entries.
    func anyGroup(after size: UInt64) throws -> GroupToCommit {
        let memory = MemoryLedger()
        var rig = try SequencerRig(network: network, ledger: memory)
        _ = try rig.stage(try rig.admit(try network.trade(batches: 1)[0]))
        var group = try rig.commit()
        group.firstIndex = size
        return group
    }

    /// The supplier's delegation of its prefix and site to the carrier, as a record.
    func delegation(id: String) throws -> Submission {
        var record = Record(kind: .delegation)
        record.id = id
        record.to = [network.carrier.uri]
        record.about = [network.supplier.uri]
        record.fromMilliseconds = 0
        record.scope = [
            ScopeItem("prefix", network.supplier.prefix), ScopeItem("site", network.supplier.site),
        ]
        return try submission(record, by: network.supplier)
    }

    /// A statement with one record.
    func submission(_ record: Record, by member: DemoNetwork.Member) throws -> Submission {
        let signer = Signer(network: network.id, issuer: member.uri, key: member.key)
        let part = try signer.part(record, visibility: .network)
        return try signer.submissions([part], issuedAtSeconds: DemoNetwork.startSeconds)[0]
    }
}
