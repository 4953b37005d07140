import DeterministicCBOR
package import GS1

/// One file that proves how far a recall reaches: the evidence about each thing met (SPEC §26.4).
///
/// Trusted for nothing: whoever has the genesis file verifies every evidence in it and walks again.
package struct RecallDossier: Sendable {
    static let version = "cairn-dossier-1"

    /// Where the walk began.
    package var subject: CanonicalIdentifier
    /// The most things it was to meet.
    package var limit: Int
    /// The evidence files, in the order in which the walk wants them.
    package var files: [[UInt8]]

    /// A dossier.
    package init(subject: CanonicalIdentifier, limit: Int, files: [[UInt8]] = []) {
        self.subject = subject
        self.limit = limit
        self.files = files
    }

    /// The file's bytes.
    package func encoded() -> [UInt8] {
        CBORValue.array([
            .text(Self.version), .array([.text(subject.uri), .unsigned(UInt64(limit))]),
            .array(files.map(CBORValue.bytes)),
        ]).encoded()
    }

    /// Reads a file strictly.
    ///
    /// - Throws: step `format`.
    package static func decode(_ bytes: [UInt8]) throws(EvidenceRejection) -> RecallDossier {
        guard bytes.count <= EvidenceLimits.fileBytes else {
            throw EvidenceRejection(
                .format, "the file is larger than \(EvidenceLimits.fileBytes) bytes")
        }
        do {
            let value = try CBORValue.decode(bytes, limits: EvidenceLimits.cbor)
            var fields = try CBORFields(array: value, count: 3, path: "dossier")
            let version = try fields.text("version", limit: 64)
            guard version == Self.version else {
                throw EvidenceRejection(.format, "version \(version) is not \(Self.version)")
            }
            var asking = try fields.fields("question", count: 2...2)
            let uri = try asking.text("subject", limit: CanonicalIdentifier.byteLimit)
            let limit = try asking.unsigned("limit", as: Int.self)
            try asking.finish()
            let subject = try CanonicalIdentifier(uri)
            guard subject.uri == uri, (1...RecallWalk.thingsLimit).contains(limit) else {
                throw EvidenceRejection(.format, "the question is not in its canonical form")
            }
            var dossier = RecallDossier(subject: subject, limit: limit)
            dossier.files = try fields.array("evidence", limit: RecallWalk.thingsLimit).map {
                file in
                guard let bytes = file.asBytes else {
                    throw EvidenceRejection(.format, "an evidence file is not a byte string")
                }
                return bytes
            }
            try fields.finish()
            return dossier
        } catch let rejection as EvidenceRejection {
            throw rejection
        } catch let error as CBORError {
            throw EvidenceRejection(.format, "\(error.reason) (byte \(error.offset))")
        } catch let error as CBORFieldError {
            throw EvidenceRejection(.format, "\(error.field): \(error.reason)")
        } catch {
            throw EvidenceRejection(.format, "\(error)")
        }
    }

    /// Verifies every evidence and walks again.
    ///
    /// - Throws: the step at which an evidence file is rejected; `closure` where one is missing, is
    ///   too many, or answers another question.
    package func verified(
        by verifier: EvidenceVerifier
    ) throws(EvidenceRejection) -> RecallReach {
        var walk = RecallWalk(from: subject, limit: limit)
        for file in files {
            try walk.take(try verifier.verify(file))
        }
        if let missing = walk.wanted {
            throw EvidenceRejection(.closure, "the recall also reaches \(missing)")
        }
        return walk.reach()
    }
}
