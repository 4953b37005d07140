import GS1
import MerkleTrees
import Records

extension Evidence {
    /// Checks what can be seen without any hash: the question is about a canonical URI, there is a
    /// log, and every chain and entry is needed by another item (SPEC §15.3).
    ///
    /// - Throws: step `format`.
    func checkWhole() throws(EvidenceRejection) {
        guard let canonical = try? CanonicalIdentifier(question.uri).uri,
            canonical.utf8.elementsEqual(question.uri.utf8)
        else {
            throw EvidenceRejection(.format, "the question is not about a canonical URI")
        }
        guard !logs.isEmpty else {
            throw EvidenceRejection(.format, "the evidence holds no log")
        }
        for log in logs {
            var used: Set<UInt64> = []
            for chain in log.chains {
                guard asked.indices.contains(chain.asked), !chain.links.isEmpty else {
                    throw EvidenceRejection(
                        .format,
                        "chain \(chain.asked) of \(log.origin) is of nothing asked, or "
                            + "has no links")
                }
                used.formUnion(chain.links.lazy.map(\.leafIndex))
            }
            if let extra = log.entries.first(where: { !used.contains($0.index) }) {
                throw EvidenceRejection(
                    .format, "leaf \(extra.index) of \(log.origin) belongs to no link")
            }
        }
    }

    /// Checks that each part and stub is one that a link names, and that parts are sorted.
    ///
    /// A changed part has a digest that no link names and seldom sorts where it stands: what is
    /// wrong with it is said first, not where it stands.
    ///
    /// - Returns: the digests of the parts.
    /// - Throws: step `format` for an unneeded stub or wrong order, step `part` for a part that was
    ///   changed or does not belong.
    func checkEveryPartIsNamed() throws(EvidenceRejection) -> [Hash256] {
        let named = namedParts
        for digest in stubs where !named.contains(digest) {
            throw EvidenceRejection(.format, "withheld part \(digest.hex) belongs to no link")
        }
        let digests = parts.map(Part.digest(of:))
        for digest in digests where !named.contains(digest) {
            throw EvidenceRejection(
                .part,
                "no link names part \(digest.hex): its bytes were changed, or it does not "
                    + "belong here")
        }
        guard zip(digests, digests.dropFirst()).allSatisfy(<) else {
            throw EvidenceRejection(.format, "parts are not sorted by digest, each once")
        }
        return digests
    }

    /// Checks that each digest that a link names is there, as a part or as a stub.
    ///
    /// - Throws: step `part` for one that is missing, or both there and withheld.
    func checkEveryNameHasItsPart(
        _ parts: [Hash256: OpenedPart]
    ) throws(EvidenceRejection) {
        let withheld = Set(stubs)
        for digest in namedParts where (parts[digest] != nil) == withheld.contains(digest) {
            throw EvidenceRejection(
                .part,
                "part \(digest.hex) is "
                    + (parts[digest] == nil
                        ? "neither there nor named as withheld" : "both there and withheld"))
        }
    }

    private var namedParts: Set<Hash256> {
        var named: Set<Hash256> = []
        for log in logs {
            for chain in log.chains { named.formUnion(chain.links.lazy.map(\.part)) }
        }
        return named
    }
}
