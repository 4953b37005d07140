import DeterministicCBOR
import MerkleTrees
import Records

extension Evidence {
    /// The file's bytes: deterministic CBOR.
    package func encoded() -> [UInt8] {
        var items: [CBORValue] = [
            .text(Self.version), .bytes(network.bytes),
            .array([.text(question.uri), .unsigned(question.scope.rawValue)]),
            .array(asked.map { .array([.unsigned(UInt64($0.facet.rawValue)), .text($0.uri)]) }),
            .array(logs.map(\.value)),
            .array(parts.map(CBORValue.bytes)),
            .array(stubs.map { .bytes($0.bytes) }),
        ]
        // Absent where there are none, so that one file has one encoding.
        if !alarms.isEmpty { items.append(.array(alarms.map(CBORValue.bytes))) }
        return CBORValue.array(items).encoded()
    }
}

private func value(of path: [Hash256]) -> CBORValue {
    .array(path.map { .bytes($0.bytes) })
}

extension EvidenceLog {
    fileprivate var value: CBORValue {
        .array([
            .text(origin), .text(checkpoint),
            .array([.bytes(seal), Verdicts.value(of: sealPath)]),
            .array(index.items.map(\.value)),
            .array(transitions.map { .array([$0.before.value, $0.after.value]) }),
            .array(entries.map(\.value)),
            .array(chains.map(\.value)),
        ])
    }
}

extension IncludedEntry {
    fileprivate var value: CBORValue {
        .array([.unsigned(index), .bytes(bytes), Verdicts.value(of: path)])
    }
}

extension EvidenceChain {
    fileprivate var value: CBORValue {
        .array([.unsigned(UInt64(asked)), .array(links.map(\.value))])
    }
}

extension EvidenceLink {
    fileprivate var value: CBORValue {
        .array([
            .unsigned(leafIndex), .unsigned(UInt64(row)), .bytes(part.bytes),
            .unsigned(UInt64(role.rawValue)), Verdicts.value(of: path),
        ])
    }
}

extension IndexProof.Item {
    fileprivate var value: CBORValue {
        switch self {
        case .branch(let bit): .unsigned(UInt64(bit))
        case .opaque(let hash): .bytes(hash.bytes)
        case .leaf(let key, let head):
            .array([.bytes(key.bytes), .unsigned(head.count), .bytes(head.hash.bytes)])
        }
    }
}
