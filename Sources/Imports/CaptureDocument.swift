package import EPCIS
import GS1
package import Records

/// A document that is handed to the capture interface of EPCIS 2.0, read strictly (SPEC §17.3).
///
/// Its events are those that `cairn sign` would make parts of, byte for byte; the master data of
/// its header becomes records. What is wrong with one event or one record leaves the others.
package struct CaptureDocument: Sendable {
    /// How a document is written.
    package enum Form: String, Hashable, Sendable {
        /// JSON or JSON-LD, EPCIS 2.0.
        case json
        /// XML, EPCIS 1.0 to 2.0.
        case xml
    }

    /// What a document is asked to be.
    package enum Kind: Hashable, Sendable {
        /// An `EPCISDocument` or `EPCISQueryDocument`.
        case document
        /// One event by itself.
        case event
    }

    /// What is wrong at one place.
    package struct Fault: Error, Hashable, Sendable {
        /// The event's place in the document, from 0; nil for what stands around the events.
        package var event: Int?
        /// The place in the document as JSON Pointer; nil where there is none, as in XML.
        package var pointer: String?
        /// Code, field within the event or the document, and reason.
        package var refusal: Refusal

        /// Tells what is wrong where.
        package init(event: Int? = nil, pointer: String? = nil, _ refusal: Refusal) {
            self.event = event
            self.pointer = pointer
            self.refusal = refusal
        }
    }

    /// The valid events, each complete in itself, with their places.
    package private(set) var events: [EPCISPart] = []
    /// What the header's master data says.
    package private(set) var records: [Record] = []
    /// What is wrong, in the order of the document.
    package private(set) var faults: [Fault] = []

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: its text.
    ///   - form: how it is written.
    ///   - kind: what it has to be.
    ///   - extensions: prefixes that join the context of a document in JSON, as the entry of a
    ///     JSON-LD context.
    /// - Throws: what is wrong with the document as a whole, where it cannot be read at all.
    package init(
        _ bytes: [UInt8], form: Form, kind: Kind = .document, extensions: JSONValue? = nil
    ) throws(Refusal) {
        let input = try Input(bytes, form, kind, extensions)
        let reading = StrictReading(input.value)
        if let breach = reading.report.breaches.first { throw Refusal(breach) }
        addMasterData(input)
        for report in reading.report.events {
            for breach in report.breaches {
                faults.append(
                    Fault(
                        event: report.index, pointer: form == .json ? breach.pointer : nil,
                        Refusal(breach)))
            }
        }
        events = reading.parts
    }

    /// Looks at what stands around the events alone, before a document is accepted.
    ///
    /// - Returns: how many events it holds.
    /// - Throws: as ``init(_:form:kind:extensions:)``.
    package static func eventCount(
        _ bytes: [UInt8], form: Form, kind: Kind = .document, extensions: JSONValue? = nil
    ) throws(Refusal) -> Int {
        let frame = DocumentFrameReport(try Input(bytes, form, kind, extensions).value)
        if let breach = frame.breaches.first { throw Refusal(breach) }
        return frame.eventCount
    }

    // MARK: Master data

    private mutating func addMasterData(_ input: Input) {
        guard let vocabularies = input.vocabularies else { return }
        let field = "epcisHeader.epcisMasterData"
        do throws(ImportRefusal) {
            let from = input.creationDate.flatMap { try? ZonedTime($0) }?.milliseconds
            for entry in try HeaderVocabulary.entries(vocabularies) {
                do throws(ImportRefusal) {
                    records.append(try entry.record(defaultFrom: from.map(UInt64.init)))
                } catch {
                    let reason =
                        error.code == "master.valid-from"
                        ? "the document's creationDate is missing: from when does it hold?"
                        : "\(entry.subject.uri): \(error.reason)"
                    faults.append(
                        Fault(Refusal(code: error.code, field: field, reason: reason)))
                }
            }
        } catch {
            faults.append(
                Fault(
                    Refusal(
                        code: error.code, field: MappingJSON.join(field, error.field),
                        reason: error.reason)))
        }
    }
}

/// A document's text as JSON, with what a capture needs of its frame.
private struct Input {
    /// The document, or the array of events of one in XML.
    var value: JSONValue
    var vocabularies: JSONValue?
    var creationDate: String?

    init(
        _ bytes: [UInt8], _ form: CaptureDocument.Form, _ kind: CaptureDocument.Kind,
        _ extensions: JSONValue?
    ) throws(Refusal) {
        switch form {
        case .json:
            let parsed: JSONValue
            do throws(JSONError) {
                parsed = try JSONValue.parse(bytes)
            } catch {
                throw Refusal(
                    code: error.code, field: error.path,
                    reason: "\(error.reason) (byte \(error.offset))")
            }
            try Self.require(kind, parsed)
            value = try ContextExtensions(extensions).added(to: parsed)
            vocabularies = DocumentImport.vocabularies(of: value)
            creationDate = value["creationDate"]?.asString
        case .xml:
            do throws(ImportRefusal) {
                let contents = try EPCISXML.read(bytes)
                value = .array(contents.events)
                vocabularies = contents.vocabularies
                creationDate = contents.creationDate
                try Self.require(kind, contents)
            } catch {
                throw Refusal(code: error.code, field: error.field, reason: error.reason)
            }
        }
    }

    private static func require(
        _ kind: CaptureDocument.Kind, _ value: JSONValue
    ) throws(Refusal) {
        let type = value["type"]?.asString
        let isDocument = type == "EPCISDocument" || type == "EPCISQueryDocument"
        guard isDocument == (kind == .document) else {
            throw Refusal(
                code: "epcis.format", field: "type",
                reason: kind == .document
                    ? "an EPCISDocument or EPCISQueryDocument is captured here; one event goes to "
                        + "/epcis/events"
                    : "one event is captured here; documents go to /epcis/capture")
        }
        guard kind == .document || value.asArray == nil else {
            throw Refusal(
                code: "epcis.format", field: "",
                reason: "one event is captured here, not a list; put it in an EPCISDocument and "
                    + "send that to /epcis/capture")
        }
    }

    private static func require(
        _ kind: CaptureDocument.Kind, _ contents: EPCISContents
    ) throws(ImportRefusal) {
        guard kind == .event else { return }
        guard contents.events.count == 1, contents.vocabularies == nil else {
            throw ImportRefusal(
                "xml.document",
                "one event is captured here; documents go to /epcis/capture")
        }
    }
}

/// The prefixes that a request defines beside those of the document it brings.
private struct ContextExtensions {
    private let members: [JSONMember]

    init(_ extensions: JSONValue?) {
        members = extensions?.asObject ?? []
    }

    /// The document, or the event, whose context also has these prefixes.
    ///
    /// - Throws: `epcis.context` if it defines one of them otherwise.
    func added(to value: JSONValue) throws(Refusal) -> JSONValue {
        guard !members.isEmpty, var object = value.asObject else { return value }
        let context = value["@context"]
        var entries = context.map { $0.asArray ?? [$0] } ?? []
        var missing: [JSONMember] = []
        for member in members {
            let known = entries.compactMap { $0[member.name] }
            if let other = known.first(where: { $0 != member.value }) {
                throw Refusal(
                    code: "epcis.context", field: "gs1-extensions",
                    reason: "the prefix \(member.name) means \(other.asString ?? "something else") "
                        + "in the document's own context")
            }
            if known.isEmpty { missing.append(member) }
        }
        guard !missing.isEmpty else { return value }
        entries.append(.object(missing))
        object.removeAll { $0.name == "@context" }
        object.insert(JSONMember("@context", .array(entries)), at: 0)
        return .object(object)
    }
}

extension Refusal {
    /// What a breach says, as a refusal.
    init(_ breach: Breach) {
        self.init(code: breach.code, field: breach.field, reason: breach.reason)
    }
}
