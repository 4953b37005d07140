import MerkleTrees
import Notes
import Records
import Replication
import Support
import Testing

/// Checkpoints as peers tell them.
@Suite struct CosignedNoteTests {
    private let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    private func note(size: UInt64, root: Hash256) throws -> CosignedNote {
        let text = try Checkpoint(origin: DemoNetwork.origin, size: size, root: root).text
        let signed = try SignedNote.sign(text: text, name: DemoNetwork.origin, key: demo.logKey)
        return try CosignedNote(
            signed.serialized(), origin: DemoNetwork.origin, under: demo.state)
    }

    @Test func `a log's checkpoint is taken, one of an empty log is not`() throws {
        #expect(try note(size: 2, root: .zero).checkpoint.size == 2)
        #expect(throws: Refusal.self) { try note(size: 0, root: TreeHash.empty) }
    }
}
