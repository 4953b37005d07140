import DeterministicCBOR
import GS1
import Signatures

extension ShapeReader {
    /// A URI in its canonical form (SPEC §4.1), so that a member has one name in all records.
    func canonicalURI(_ value: CBORValue, _ field: String) throws(Refusal) -> String {
        let text = try uri(value, field)
        let canonical: String
        do {
            canonical = try CanonicalIdentifier(text).uri
        } catch {
            throw refusal(field, "\(text) is not an identifier: \(error.reason)")
        }
        guard canonical.utf8.elementsEqual(text.utf8) else {
            throw refusal(field, "\(text) is not in canonical form; write \(canonical)")
        }
        return text
    }

    /// Canonical URIs, sorted and unique.
    func canonicalURIs(_ value: CBORValue, _ field: String) throws(Refusal) -> [String] {
        var uris: [String] = []
        let count = 0...Limits.governanceListItems
        for (index, item) in try list(value, count, field).enumerated() {
            uris.append(try canonicalURI(item, "\(field)[\(index)]"))
        }
        try requireAscending(uris, field, by: precedesBytewise)
        return uris
    }

    /// GS1 company prefixes, sorted and unique.
    func prefixes(_ value: CBORValue, _ field: String) throws(Refusal) -> [String] {
        var prefixes: [String] = []
        let count = 0...Limits.governanceListItems
        let digits = Limits.companyPrefixDigits
        for (index, item) in try list(value, count, field).enumerated() {
            let prefix = try text(item, digits, "\(field)[\(index)]")
            guard prefix.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw refusal(
                    "\(field)[\(index)]",
                    "a prefix is \(digits.lowerBound) to \(digits.upperBound) digits")
            }
            prefixes.append(prefix)
        }
        try requireAscending(prefixes, field, by: precedesBytewise)
        return prefixes
    }

    /// The origin of a log.
    func origin(_ value: CBORValue, _ field: String) throws(Refusal) -> String {
        let text = try text(value, 1...Limits.originBytes, field)
        guard LogNode.isOrigin(text) else {
            throw refusal(field, "an origin has the characters a–z, 0–9 and . - / _ only")
        }
        return text
    }

    /// A key that signs notes, which C2SP does with Ed25519 only.
    func noteKey(_ value: CBORValue, _ field: String) throws(Refusal) -> VerificationKey {
        let key = try key(value, field)
        guard key.algorithm == .ed25519 else {
            throw refusal(field, "log and cosigner keys are Ed25519, as C2SP notes ask")
        }
        return key
    }
}
