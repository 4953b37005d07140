import DeterministicCBOR
import EPCIS
import Foundation
import GS1
import MerkleTrees
import Records
import Support
import Testing

/// The node's readers against those of the second verifier, which was written from SPEC alone: on
/// thousands of mutated events and records both accept the same, and read the same of it.
@Suite struct ReaderAgreementTests {
    /// One line of `Tests/tools/mutations.py`.
    struct Line<Reads: Decodable>: Decodable {
        var kind: String
        var content: Data
        var visibility: UInt64
        var error: String?
        var rows: [NamedRow]?
        var reads: Reads?
    }

    /// A row as `[facet, URI, role]`, or an erasure's as `[subject key, role]`.
    struct NamedRow: Decodable {
        var required: RequiredRow

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            if let facet = try? list.decode(UInt8.self) {
                let subject = Subject(
                    facet: try #require(Facet(rawValue: facet)), uri: try list.decode(String.self))
                let role = try #require(Role(rawValue: try list.decode(UInt8.self)))
                required = RequiredRow(key: subject.key(in: .zero), role: role, subject: subject)
            } else {
                let key = try #require(Hash256(Hex.bytes(try list.decode(String.self))))
                let role = try #require(Role(rawValue: try list.decode(UInt8.self)))
                required = RequiredRow(key: key, role: role, subject: nil)
            }
        }
    }

    /// What the closure and the standing of an event rest on, beside its rows.
    struct Reads: Codable, Equatable {
        var type: String
        var action: String
        var parent: String
        var process: String
        var batches: [String]
        var materials: [String]
        var inputs: [String]
        var outputs: [String]
        var children: [String]
        var sites: [String]
        var parties: [String]
        var certifications: [String]

        init(_ event: EPCISEvent) {
            func sorted(_ uris: some Sequence<String>) -> [String] { Set(uris).sorted() }
            type = event.type.rawValue
            action = event.action?.rawValue ?? ""
            parent = event.parentID?.uri ?? ""
            process = event.transformationID?.uri ?? ""
            let subjects = event.flows.map(\.subject)
            let lots = subjects.map { thing in thing.batch.map { "\(thing.uri) \($0)" } }
            batches = sorted(lots.compactMap(\.self))
            materials = sorted(subjects.compactMap(\.material))
            inputs = sorted(event.inputs.map(\.uri))
            outputs = sorted(event.outputs.map(\.uri))
            children = sorted(event.children.map(\.uri))
            sites = sorted(event.sites.map(\.uri))
            parties = sorted(event.parties.map(\.uri))
            certifications = sorted(event.certificationInfo.map(\.uri))
        }
    }

    /// What is known of an identifier.
    struct Identified: Codable, Equatable {
        var uri: String
        var kind: String
        var batch: String
        var product: String
        var digits: String

        init(_ thing: CanonicalIdentifier) {
            uri = thing.uri
            kind = thing.kind == .logisticUnit ? "logistic unit" : "\(thing.kind)"
            batch = thing.batch ?? ""
            product = thing.material ?? ""
            // No company prefix is longer than 12 digits.
            digits = String((thing.ownershipDigits ?? "").prefix(12))
        }
    }

    /// The lines of one kind: a count of mutations of a seed; a failure names the content whole.
    private func lines<Reads: Decodable>(
        events: Int = 0, records: Int = 0, identifiers: Int = 0, reading: Reads.Type
    ) throws -> [Line<Reads>] {
        let script = CairnProcess.root.appending(path: "Tests/tools/mutations.py")
        let counts = ["1", "\(events)", "\(records)", "\(identifiers)"]
        let run = try CairnProcess.run(
            URL(filePath: "/usr/bin/python3"), [script.path()] + counts)
        try #require(run.code == 0, "\(run.errors)")
        let lines = try run.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line<Reads>.self, from: Data($0.utf8))
        }
        // Neither side may be right by refusing all, or by taking all.
        let accepted = lines.count { $0.error == nil }
        #expect(lines.count == events + records + identifiers)
        #expect((lines.count / 5...lines.count * 4 / 5).contains(accepted))
        return lines
    }

    @Test func `mutated events are read alike`() throws {
        for line in try lines(events: 5000, reading: Reads.self) {
            try compare(line) { content in
                let found = try read(content, PartContentType.event, line.visibility)
                guard case .event(let event) = found else { return nil }
                return (Reads(event), RowRules.rows(of: found, in: .zero))
            }
        }
    }

    @Test func `mutated records are read alike`() throws {
        for line in try lines(records: 1000, reading: Reads.self) {
            try compare(line) { content in
                let found = try read(content, PartContentType.record, line.visibility)
                return (nil, RowRules.rows(of: found, in: .zero))
            }
        }
    }

    @Test func `mutated identifiers are read alike`() throws {
        for line in try lines(identifiers: 5000, reading: Identified.self) {
            try compare(line) { content in
                let text = String(decoding: content, as: UTF8.self)
                return (Identified(try CanonicalIdentifier(text)), [])
            }
        }
    }

    private func compare<Reads: Equatable>(
        _ line: Line<Reads>, _ read: ([UInt8]) throws -> (Reads?, Set<RequiredRow>?)?
    ) throws {
        let content = Array(line.content)
        let shown = "\(line.kind) \(String(decoding: content, as: UTF8.self))"
        do {
            guard let (reads, rows) = try read(content) else { return }
            guard let expected = line.rows else {
                Issue.record("accepted, there \(line.error ?? ""): \(shown)")
                return
            }
            #expect(rows == Set(expected.map(\.required)), "\(shown)")
            #expect(reads == line.reads, "\(shown)")
        } catch {
            #expect(line.error != nil, "refused, \(error): \(shown)")
        }
    }

    private func read(
        _ content: [UInt8], _ type: String, _ visibility: UInt64
    ) throws -> Content {
        let part = CBORValue.array([
            .bytes([UInt8](repeating: 0, count: 16)), .text(type), .unsigned(visibility),
            .bytes(content),
        ])
        return try Content.read(Part.decode(part.encoded()))
    }
}
