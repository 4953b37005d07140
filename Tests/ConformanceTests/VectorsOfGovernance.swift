import MerkleTrees
import Support
import Testing

@testable import Records

/// The worked vectors of SPEC §9: genesis files and amendments.
@Suite struct VectorsOfGovernance {
    @Test func `genesis documents and files are judged as the vectors judge them`() throws {
        for vector in try VectorFile("genesis").cases {
            if vector.has("document") {
                let document = try vector.bytes("document")
                try expect(vector) { try founded(document) }
                continue
            }
            let holder = vector.has("expect") ? try vector.object("expect") : vector
            let bytes = try holder.bytes("file")
            try expect(vector) { try GenesisFile.decode(bytes).verified() }?.check { state in
                let document = try holder.bytes("document")
                #expect(try state.network == holder.hash("networkID"), "\(vector.name)")
                #expect(GenesisDocument.networkID(of: document) == state.network)
                #expect(
                    try Subject.networkURI(state.network) == holder.text("networkURI"),
                    "\(vector.name)")
                #expect(try GenesisDocument.decode(document).encoded() == document)
            }
        }
    }

    /// What a document would found, were its governors to sign it: the refusal of the document
    /// alone, for which nobody's private keys are needed.
    private func founded(_ document: [UInt8]) throws -> GovernanceFacts {
        try GovernanceFacts(
            GenesisDocument.decode(document), network: GenesisDocument.networkID(of: document),
            statement: [])
    }

    @Test func `amendments are judged as the vectors judge them`() throws {
        let file = try VectorFile("amendments")
        let genesis = try VectorFile("genesis").cases[0].object("expect")
        #expect(try genesis.bytes("document") == file.members.bytes("genesis"))
        let state = try GenesisFile.decode(genesis.bytes("file")).verified()
        for vector in file.cases {
            if vector.has("content") {
                let content = try vector.bytes("content")
                try expect(vector) { try state.applying(content) }?.check { next in
                    let expected = try vector.object("expect")
                    #expect(try next.seq == expected.number("seq"), "\(vector.name)")
                    #expect(try next.head == expected.hash("head"), "\(vector.name)")
                }
                continue
            }
            var next = state
            let expected = try vector.object("expect")
            #expect(try state.network == expected.hash("networkID"))
            for amendment in try expected.objects("amendments") {
                next = try next.applying(amendment.bytes("content"))
                #expect(try next.head == amendment.hash("digest"), "\(amendment.name)")
                #expect(try Amendment.digest(of: amendment.bytes("body")) == next.head)
                #expect(
                    try GovernanceBody.signedMessage(digest: next.head)
                        == amendment.bytes("signed"), "\(amendment.name)")
            }
        }
    }
}
