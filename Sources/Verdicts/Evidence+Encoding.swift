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

    /// No fewer bytes than the file has, counted without writing it.
    var byteCountAtMost: Int {
        var count = 4_096 + asked.reduce(0) { $0 + 12 + $1.uri.utf8.count }
        count += (parts + alarms).reduce(0) { $0 + 9 + $1.count } + 34 * stubs.count
        for log in logs {
            count += log.checkpoint.utf8.count + log.seal.count + 34 * log.sealPath.count + 1_024
            count += 80 * log.index.items.count
            for transition in log.transitions {
                count += transition.before.byteCountAtMost + transition.after.byteCountAtMost + 1
            }
            for entry in log.entries { count += entry.byteCountAtMost }
            for chain in log.chains {
                count += 20 + chain.links.reduce(0) { $0 + 56 + 34 * $1.path.count }
            }
        }
        return count
    }
}

extension IncludedEntry {
    fileprivate var byteCountAtMost: Int { 32 + bytes.count + 34 * path.count }
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
