import ArgumentParser
import EPCIS
import Foundation

struct HashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash", abstract: "Prints the event hashes of EPCIS events.",
        discussion: """
            The Event Hash ID of GS1's Core Business Vocabulary (SPEC 8.6): a name for an event \
            that partners compute alike. It is not what this ledger proves: it omits recordTime, \
            eventID, errorDeclaration and certificationInfo, and different events can have one \
            hash. What is proved is the part digest, which cairn audit and the receipts rest on.

            FILE is an EPCIS 2.0 document or query document, an array of events or one event, as \
            JSON. There is a line for each event, in order.

            Example:
              cairn hash events.json
              cairn hash events.json --prehash --format json
            """)

    /// The edition of the vocabulary.
    enum Edition: String, CaseIterable, ExpressibleByArgument {
        case v20 = "2.0"
        case v21 = "2.1"

        var edition: EventHashVersion { self == .v20 ? .cbv20 : .cbv21 }
    }

    @Argument(help: "EPCIS 2.0 as JSON.") var file: String
    @Option(help: "The edition of CBV: 2.0, or 2.1, which is a draft.") var cbv = Edition.v20
    @Flag(help: "Print the text that is hashed, too.") var prehash = false
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() throws {
        let hashes = try hashes()
        if format == .json { return try printJSON(hashes) }
        for hash in hashes {
            Console.line(hash.value)
            if prehash { Console.line("  \(TextLines.printable(hash.prehash))") }
        }
        for (number, hash) in hashes.enumerated() where !hash.undefined.isEmpty {
            Console.note(
                "event \(number): nobody here knows what \(hash.undefined.joined(separator: ", ")) "
                    + "means; who does gets another hash")
        }
        Console.note(Self.caution)
    }

    private static let caution =
        "event hashes name events among partners; they are not what this ledger proves"

    private func hashes() throws -> [EventHash] {
        let bytes = try Files.read(file)
        var place = file
        do {
            let parts = try EPCISDocument.split(bytes)
            return try parts.map { part in
                if parts.count > 1 { place = "\(file), event \(part.index)" }
                let event = try JSONValue.parse(part.bytes, limits: EPCISLimits.eventJSON)
                return try EventHash(event: event, version: cbv.edition)
            }
        } catch let error as EPCISError {
            let field = error.field.isEmpty ? "" : "\(error.field): "
            throw CommandFailure(.badInput, "\(place): \(field)\(error.reason) (\(error.code))")
        } catch let error as JSONError {
            throw CommandFailure(.badInput, "\(place): \(error.reason) (\(error.code))")
        }
    }

    private func printJSON(_ hashes: [EventHash]) throws {
        let events = hashes.map { hash in
            var members = [JSONMember("eventHash", .string(hash.value))]
            if prehash { members.append(JSONMember("prehash", .string(hash.prehash))) }
            if !hash.undefined.isEmpty {
                members.append(
                    JSONMember("undefined", .array(hash.undefined.map { .string($0) })))
            }
            return JSONValue.object(members)
        }
        let answer = JSONValue.object([
            JSONMember("note", .string(Self.caution)), JSONMember("events", .array(events)),
        ])
        Console.output(answer.serialized() + [UInt8(ascii: "\n")])
    }
}
