import Records
import Signatures
import Support
import Testing

/// Delegations given by records: whose word makes and ends them, and from which leaf on (SPEC §13.1).
@Suite struct RecordedDelegationsTests {
    private let demo: DemoNetwork
    private let start = DemoNetwork.startMilliseconds
    private static let id = "https://delegations.example/1"

    init() throws { demo = try DemoNetwork() }

    private func origin(
        _ member: DemoNetwork.Member, leaf: UInt64
    ) throws -> RecordedDelegations.Origin {
        let submission = try demo.attachment("\(leaf)", mentioning: ["urn:x:1"], by: member)
        return RecordedDelegations.Origin(
            leafIndex: leaf, statement: try UnverifiedStatement.decode(submission.statement),
            registeredAtMilliseconds: start + leaf)
    }

    /// The supplier's delegation to the carrier, registered at leaf 5.
    private func given(about uris: [String]? = nil) throws -> RecordedDelegations {
        var record = Record(kind: .delegation)
        record.id = Self.id
        record.to = [demo.carrier.uri]
        record.about = uris ?? [demo.supplier.uri]
        record.scope = [ScopeItem("prefix", demo.supplier.prefix)]
        record.fromMilliseconds = start
        var delegations = RecordedDelegations()
        delegations.add(record, from: try origin(demo.supplier, leaf: 5))
        return delegations
    }

    private func end(_ kind: RecordKind, from time: UInt64) -> Record {
        var record = Record(kind: kind)
        record.target = .record(Self.id)
        record.fromMilliseconds = time
        return record
    }

    private func ends(
        _ delegations: RecordedDelegations, before leaf: UInt64 = .max,
        under state: GovernanceState? = nil
    ) -> [UInt64?] {
        delegations.delegations(
            to: demo.carrier.uri, before: leaf, under: state ?? demo.state
        ).map(\.untilMilliseconds)
    }

    @Test func `a delegation counts for what stands after it in the log`() throws {
        let delegations = try given()
        #expect(ends(delegations, before: 5) == [])
        #expect(ends(delegations, before: 6) == [nil])
        let mine = delegations.delegations(to: demo.supplier.uri, under: demo.state)
        #expect(mine.isEmpty)
    }

    @Test func `a delegation that does not name its giver gives nothing`() throws {
        #expect(ends(try given(about: [])) == [])
        #expect(ends(try given(about: [demo.carrier.uri, demo.supplier.site])) == [])
        #expect(ends(try given(about: [demo.carrier.uri, demo.supplier.uri])) == [nil])
    }

    @Test(arguments: [RecordKind.revocation, .suspension])
    func `its giver ends it, for what stands after that, and never backwards`(kind: RecordKind)
        throws
    {
        var delegations = try given()
        delegations.add(end(kind, from: start), from: try origin(demo.supplier, leaf: 8))
        #expect(ends(delegations, before: 8) == [nil])
        #expect(ends(delegations, before: 9) == [start + 8])
        delegations.add(end(kind, from: start + 50), from: try origin(demo.supplier, leaf: 9))
        #expect(ends(delegations) == [start + 8], "the earliest end counts")
    }

    @Test func `nobody else ends it, not even whom it was given to`() throws {
        var delegations = try given()
        for (leaf, member) in [(UInt64(8), demo.wholesaler), (9, demo.carrier)] {
            delegations.add(
                end(.revocation, from: start), from: try origin(member, leaf: leaf))
        }
        #expect(ends(delegations) == [nil])
    }

    @Test func `what its giver signed with a revoked key neither gives nor ends`() throws {
        var delegations = try given()
        delegations.add(end(.revocation, from: start), from: try origin(demo.supplier, leaf: 8))
        let thumbprint = demo.supplier.key.publicKey.thumbprint
        for (revoked, expected) in [(start + 9, [start + 8]), (start + 8, [nil]), (start + 5, [])] {
            let change = Change.revokeKey(thumbprint: thumbprint, fromMilliseconds: revoked)
            let later = try demo.state.applying(demo.amendment([change], after: demo.state))
            #expect(ends(delegations, under: later) == expected)
        }
    }
}
