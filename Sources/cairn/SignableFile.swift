import EPCIS
import Foundation
import Records

/// What a JSON file holds that can be signed, told by its content (SPEC §24.2).
enum SignableFile {
    /// EPCIS events.
    case events([UInt8])
    /// A conformity credential, which becomes the body of a certificate.
    case credential([UInt8])
    /// Records, one or a list.
    case records([JSONValue], isList: Bool)

    /// Tells a file's kind; only what plainly is no EPCIS document is taken for something else.
    init(_ bytes: [UInt8]) {
        // Documents are large and most: they are read once, by their own reader.
        let data = Data(bytes)
        let marks = [#""record""#, Certificate.credentialType]
        guard marks.contains(where: { data.range(of: Data($0.utf8)) != nil }),
            let json = try? JSONValue.parse(bytes)
        else {
            self = .events(bytes)
            return
        }
        if let items = json.asArray {
            self = .records(items, isList: true)
        } else if Self.isCredential(json) {
            self = .credential(bytes)
        } else if json["record"] != nil {
            self = .records([json], isList: false)
        } else {
            self = .events(bytes)
        }
    }

    private static func isCredential(_ json: JSONValue) -> Bool {
        guard let type = json["type"] else { return false }
        return (type.asArray ?? [type]).contains(.string(Certificate.credentialType))
    }

    /// The parts of the file, and notes about what is legal and of no use.
    func parts(
        by signer: Signer, issuer: String, visibility: Visibility, file: String
    ) throws(Refusal) -> (parts: [Part], notes: [String]) {
        switch self {
        case .events(let document):
            return (try signer.parts(epcisDocument: document, visibility: visibility), [])
        case .credential(let credential):
            let record = try Record.certificate(credential: credential, issuer: issuer)
            return ([try signer.part(record, visibility: visibility)], [])
        case .records(let items, let isList):
            var (parts, notes): ([Part], [String]) = ([], [])
            for (index, item) in items.enumerated() {
                let place = isList ? "record[\(index)]" : "record"
                var record = try Record.read(json: item, field: place) { name throws(Refusal) in
                    try Self.content(of: name, beside: file, field: "\(place).body.file")
                }
                record.nameGiver(issuer)
                parts.append(try signer.part(record, visibility: visibility))
                if let note = Self.note(record, issuer: issuer) {
                    notes.append("\(place): \(note)")
                }
            }
            return (parts, notes)
        }
    }

    /// What a credential record is refused for by whoever judges claims.
    private static func note(_ record: Record, issuer: String) -> String? {
        do throws(Refusal) {
            switch record.kind {
            case .certificate, .transcribedCertificate:
                _ = try Certificate.read(record, issuer: issuer)
            case .accreditation: _ = try Accreditation.read(record, issuer: issuer)
            default: break
            }
            return nil
        } catch {
            return "counts for no claim: \(error.sentence)"
        }
    }

    /// The bytes that a record's body names.
    ///
    /// The record may be a stranger's, and what is signed is shown to others: so only what lies
    /// beside the record is taken, and no key.
    private static func content(
        of name: String, beside file: String, field: String
    ) throws(Refusal) -> [UInt8] {
        func refusal(_ reason: String) -> Refusal {
            Refusal(code: "record.field", field: field, reason: reason)
        }
        let folder = URL(filePath: file).deletingLastPathComponent()
        guard isBelow(name, folder) else {
            throw refusal(
                "\(name) is no file in the folder of the JSON file or below: copy it there and "
                    + "write its path from there, without ..")
        }
        let path = folder.path(percentEncoded: false) + name
        do {
            let bytes = try Files.read(path)
            guard bytes.count <= Limits.partContentBytes else {
                throw Refusal(
                    code: "part.too-large", field: field,
                    reason: "\(path) is longer than \(Limits.partContentBytes) bytes")
            }
            guard !holdsPrivateKey(bytes) else {
                throw refusal("\(path) holds a private key, which is never published")
            }
            return bytes
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw refusal((error as? CommandFailure)?.message ?? "\(path): cannot be read")
        }
    }

    /// Whether a relative path stays in a folder, wherever symbolic links lead.
    private static func isBelow(_ name: String, _ folder: URL) -> Bool {
        let steps = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.hasPrefix("/"), !steps.contains(".."), !name.utf8.contains(0) else {
            return false
        }
        let root = folder.resolvingSymlinksInPath().pathComponents
        let place = folder.appending(path: name).resolvingSymlinksInPath().pathComponents
        return place.count > root.count && place.starts(with: root)
    }

    /// Whether bytes hold a private key in PEM (RFC 7468 §10 and §11, and older labels).
    private static func holdsPrivateKey(_ bytes: [UInt8]) -> Bool {
        let data = Data(bytes)
        return data.range(of: Data("-----BEGIN ".utf8)) != nil
            && data.range(of: Data("PRIVATE KEY-----".utf8)) != nil
    }
}
