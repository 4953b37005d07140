import MerkleTrees
import Records
import Verdicts

extension FuzzTarget {
    private static let verifier: EvidenceVerifier = {
        do {
            return try EvidenceVerifier(genesis: Material.genesis, library: .swiftCrypto)
        } catch {
            violated("the vectors' genesis file holds: \(error)")
        }
    }()

    /// Evidence files, decoded, verified and judged.
    static let evidence = FuzzTarget("evidence", byteLimit: 16_384, pools: [.bytes]) { bytes in
        do throws(EvidenceRejection) {
            let evidence = try Evidence.decode(bytes)
            expect(evidence.encoded() == bytes, "what is decoded encodes to the same bytes")
            let verified = try verifier.verify(bytes)
            let answer = verified.judge()
            expect(answer.uri == evidence.question.uri, "an answer is to the question")
            expect(verified.judge() == answer, "an answer depends on the evidence alone")
        } catch {
            expectCoded(error.code, error.reason)
        }
    }

    /// Evidence that stood, and was edited.
    ///
    /// Signatures of cosigners nobody knows may be added to a checkpoint, and a question may reach
    /// as far under both scopes; nothing else may differ.
    static let forgedEvidence = FuzzTarget("forged-evidence", byteLimit: 512) { bytes in
        var input = InputReader(bytes)
        let original = Material.evidence[input.number(below: Material.evidence.count)]
        guard var forged = try? Evidence.decode(original) else { violated("evidence that stands") }
        let truth = forged
        while !input.isAtEnd { edit(&forged, &input) }
        do throws(EvidenceRejection) {
            _ = try verifier.verify(forged.encoded())
            forged.question.scope = truth.question.scope
            if forged.logs.count == 1 { forged.logs[0].checkpoint = truth.logs[0].checkpoint }
            expect(forged == truth, "no edited evidence is accepted")
        } catch {
            expect(forged != truth, "evidence that stands is accepted")
            expectCoded(error.code, error.reason)
        }
    }

    private static func edit(_ evidence: inout Evidence, _ input: inout InputReader) {
        switch input.byte() % 8 {
        case 0: evidence.network = evidence.network.flipping(bit: Int(input.byte()))
        case 1: evidence.question.scope = input.byte() % 2 == 0 ? .subject : .upstream
        case 2: edit(&evidence.asked, &input)
        case 3: edit(&evidence.stubs, &input) { $0.flipping(bit: Int($1.byte())) }
        case 4: edit(&evidence.parts, &input, flipped)
        case 5 where !evidence.logs.isEmpty: edit(&evidence.logs[0], &input)
        case 6 where !evidence.logs.isEmpty: editChains(&evidence.logs[0], &input)
        default:
            if let first = evidence.asked.first { evidence.question.uri = first.uri }
        }
    }

    private static func edit(_ log: inout EvidenceLog, _ input: inout InputReader) {
        switch input.byte() % 6 {
        case 0: log.seal = flipped(log.seal, &input)
        case 1: edit(&log.sealPath, &input) { $0.flipping(bit: Int($1.byte())) }
        case 2: edit(&log.index.items, &input)
        case 3: edit(&log.transitions, &input)
        case 4:
            edit(&log.entries, &input) { entry, input in
                var entry = entry
                switch input.byte() % 3 {
                case 0: entry.bytes = flipped(entry.bytes, &input)
                case 1: entry.index &+= UInt64(input.byte())
                default: edit(&entry.path, &input) { $0.flipping(bit: Int($1.byte())) }
                }
                return entry
            }
        default:
            let text = flipped(Array(log.checkpoint.utf8), &input)
            log.checkpoint = String(validating: text, as: UTF8.self) ?? ""
        }
    }

    private static func editChains(_ log: inout EvidenceLog, _ input: inout InputReader) {
        edit(&log.chains, &input) { chain, input in
            var chain = chain
            edit(&chain.links, &input) { link, input in
                var link = link
                switch input.byte() % 5 {
                case 0: link.part = link.part.flipping(bit: Int(input.byte()))
                case 1: link.row &+= UInt32(input.byte())
                case 2: link.leafIndex &+= UInt64(input.byte())
                case 3: link.role = Role(rawValue: input.byte() % 8) ?? link.role
                default: edit(&link.path, &input) { $0.flipping(bit: Int($1.byte())) }
                }
                return link
            }
            return chain
        }
    }

    /// Removes, repeats, moves or changes one element.
    private static func edit<Element>(
        _ list: inout [Element], _ input: inout InputReader,
        _ change: (Element, inout InputReader) -> Element = { element, _ in element }
    ) {
        guard !list.isEmpty else { return }
        let place = input.number(below: list.count)
        switch input.byte() % 4 {
        case 0: list.remove(at: place)
        case 1: list.insert(list[place], at: input.number(below: list.count + 1))
        case 2: list.swapAt(place, input.number(below: list.count))
        default: list[place] = change(list[place], &input)
        }
    }

    private static func flipped(_ bytes: [UInt8], _ input: inout InputReader) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var changed = bytes
        changed[input.number(below: bytes.count)] ^= 1 << (input.byte() % 8)
        return changed
    }
}
