import DeterministicCBOR
import MerkleTrees
import Notes
import Records
import Signatures
import Support
import Testing

/// The worked vectors of SPEC §10 to §12: entries, chains, the index, a log whole, receipts.
@Suite struct VectorsOfLogs {
    @Test func `chain heads are those of the vectors`() throws {
        for vector in try VectorFile("chains").cases {
            var head = ChainHead.empty
            for link in try vector.objects("expect") {
                head = head.appending(
                    leafIndex: try link.number("leafIndex"), leafHash: try link.hash("leafHash"),
                    row: UInt32(try link.number("rowNumber")), rowHash: try link.hash("rowHash"))
                #expect(try head.hash == link.hash("head"), "\(link.name)")
            }
        }
    }

    @Test func `index roots, proofs and answers are those of the vectors`() throws {
        for vector in try VectorFile("index").cases {
            let asked = try vector.texts("asked").map { try #require(Hash256(Hex.bytes($0))) }
            guard vector.has("expect") else {
                let (root, proof) = (try vector.hash("root"), try vector.bytes("proof"))
                try expect(vector) { try items(proof).verify(root: root, keys: asked) }
                continue
            }
            var heads: [Hash256: ChainHead] = [:]
            for chain in try vector.rows("chains") {
                heads[try #require(chain[0].hash)] = ChainHead(
                    count: try #require(chain[1].number), hash: try #require(chain[2].hash))
            }
            let expected = try vector.object("expect")
            var index = SubjectIndex(depth: 3)
            _ = index.update(heads, leaves: SortedIndexLeaves())
            #expect(try index.root == expected.hash("root"), "\(vector.name)")
            let proof = index.proof(for: asked, leaves: SortedIndexLeaves(heads))
            #expect(try bytes(proof) == expected.bytes("proof"), "\(vector.name)")
            let found = try items(expected.bytes("proof")).verify(
                root: expected.hash("root"), keys: asked)
            #expect(found == heads.filter { asked.contains($0.key) }, "\(vector.name)")
        }
    }

    private func items(_ proof: [UInt8]) throws -> IndexProof {
        let malformed = ProofError(.form, "not an index proof")
        guard let items = try CBORValue.decode(proof).asArray else { throw malformed }
        return IndexProof(
            items: try items.map { item in
                if let bit = item.asUnsigned, bit < 256 { return .branch(bit: UInt16(bit)) }
                if let bytes = item.asBytes, let hash = Hash256(bytes) { return .opaque(hash) }
                guard let leaf = item.asArray, leaf.count == 3, let count = leaf[1].asUnsigned,
                    let key = leaf[0].asBytes.flatMap(Hash256.init),
                    let head = leaf[2].asBytes.flatMap(Hash256.init)
                else { throw malformed }
                return .leaf(key: key, ChainHead(count: count, hash: head))
            })
    }

    private func bytes(_ proof: IndexProof) -> [UInt8] {
        CBORValue.array(
            proof.items.map { item in
                switch item {
                case .branch(let bit): .unsigned(UInt64(bit))
                case .opaque(let hash): .bytes(hash.bytes)
                case .leaf(let key, let head):
                    .array([.bytes(key.bytes), .unsigned(head.count), .bytes(head.hash.bytes)])
                }
            }
        ).encoded()
    }

    @Test func `entries and seals are read as the vectors read them`() throws {
        for vector in try VectorFile("entries").cases {
            let holder = vector.has("expect") ? try vector.object("expect") : vector
            let bytes = try holder.bytes("bytes")
            try expect(vector) { try LogEntry.decode(bytes) }?.check { entry in
                #expect(entry.encoded() == bytes, "\(vector.name)")
                #expect(try entry.leafHash == holder.hash("leafHash"), "\(vector.name)")
                try check(entry, holder)
            }
        }
    }

    private func check(_ entry: LogEntry, _ expected: VectorCase) throws {
        switch entry {
        case .statement(let time, let bytes):
            #expect(try time == expected.number("registeredAt"))
            #expect(try bytes == expected.bytes("statement"))
            #expect(try UnverifiedStatement.decode(bytes).id == expected.hash("id"))
        case .seal(let seal):
            #expect(try seal.sealedAtMilliseconds == expected.number("sealedAt"))
            #expect(try seal.previous == expected.hash("previous"))
            #expect(try seal.governanceHead == expected.hash("head"))
            #expect(try seal.indexRoot == expected.hash("indexRoot"))
            #expect(try seal.subjectCount == expected.number("subjects"))
        }
    }

    @Test func `the tiny log comes out as the vectors have it, byte for byte`() throws {
        let file = try VectorFile("log")
        let vector = try #require(file.cases.first)
        let expected = try vector.object("expect")
        let genesis = try GenesisFile.decode(file.members.bytes("genesis")).verified()
        let origin = try file.members.text("origin")
        var state = LogState(genesis: genesis, origin: origin, indexDepth: 4)
        var replay = LogReplay(genesis: genesis, origin: origin, indexDepth: 4)
        var heads = MemoryHeads()
        let entries = try expected.byteStrings("entries")
        let seals = Set(try expected.numbers("sealLeaves"))
        var submissions = try vector.byteStrings("submissions")[...]
        var registered = try vector.numbers("registeredAt")[...]
        var sealed = try vector.numbers("sealedAt")[...]
        for (leaf, entry) in entries.enumerated() {
            if seals.contains(UInt64(leaf)) {
                let group = try state.seal(atMilliseconds: sealed.removeFirst(), heads: heads)
                heads.update(group.changedHeads)
                #expect(group.entry == entry, "leaf \(leaf)")
                try replay.append(entry: entry)
            } else {
                let submission = try Submission.decode(submissions.removeFirst())
                let verified = try state.sealedGovernance.verify(
                    UnverifiedStatement.decode(submission.statement),
                    registeredAtMilliseconds: registered.removeFirst())
                let part = try Part.decode(submission.parts[0])
                let governs = part.contentType == PartContentType.governance
                let appended = try state.append(
                    verified, manifest: Manifest.decode(submission.manifest),
                    governancePart: governs ? part : nil)
                #expect(appended.entry == entry, "leaf \(leaf)")
                try replay.append(
                    entry: entry, manifest: submission.manifest,
                    governancePart: governs ? part.encoded : nil)
            }
            #expect(try state.frontier.root.hex == expected.texts("roots")[leaf], "leaf \(leaf)")
        }
        for chain in try expected.rows("chains") {
            let key = try #require(chain[0].hash)
            let head = try #require(heads.head(of: key))
            #expect(head.count == chain[1].number && head.hash == chain[2].hash)
        }
        try replay.check(checkpoint: Array(expected.text("checkpoint").utf8))
        try replay.check(checkpoint: Array(expected.text("cosigned").utf8))
    }

    @Test func `receipts prove their entries, and are written as they were read`() throws {
        let entries = try VectorFile("log").cases[0].object("expect").byteStrings("entries")
        for vector in try VectorFile("receipts").cases {
            let text = Array(try vector.object("expect").text("tlogProof").utf8)
            let receipt = try LogProof.parse(text)
            let index = try vector.number("leafIndex")
            #expect(receipt.serialized() == text, "\(vector.name)")
            #expect(receipt.index == index)
            #expect(receipt.extra == entries[Int(index)], "\(vector.name)")
            let checkpoint = try Checkpoint(parsing: receipt.checkpoint.text)
            try TreeProofs.checkInclusion(
                leaf: TreeHash.leaf(entries[Int(index)]), index: index, size: checkpoint.size,
                root: checkpoint.root, proof: receipt.proof)
        }
    }
}
