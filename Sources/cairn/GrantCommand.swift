import ArgumentParser
import EPCIS
import Foundation
import GS1
import Records

struct GrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Lets other organisations read your parts about a thing.",
        discussion: """
            A grant opens what the signer has said and will say about the thing, whatever its \
            visibility was, to the organisations named; with --upstream also what the signer said \
            of the things it was made of. It is printed with its ID, by which it is revoked; what \
            was read before stays read.

            Example:
              cairn grant urn:epc:class:lgtin:9521101.000001.H26-07 \\
                --to https://id.gs1.org/417/9521102000008 --until 2027-12-31 \\
                --key farm.pem --issuer https://id.gs1.org/417/9521101000009 \\
                --genesis net.genesis --node http://127.0.0.1:8080
              cairn grant --revoke urn:uuid:… --key farm.pem --issuer … \\
                --genesis … --node …
            """)

    @Argument(help: "The things: URN, Digital Link or any other URI.") var subjects: [String] = []
    @Option(help: ArgumentHelp("Who may read; may be repeated.", valueName: "organisation"))
    var to: [String] = []
    @Option(help: "The first day, such as 2027-01-31 (UTC), or a time with its zone.")
    var from: String?
    @Option(help: "The last day, or a time with its zone at which it ends.") var until: String?
    @Flag(help: "Open also what lies upstream.") var upstream = false
    @Option(help: "The grant's URI; without it, a new UUID.") var id: String?
    @Option(help: ArgumentHelp("End the grant of this ID instead.", valueName: "id"))
    var revoke: String?
    @Option(help: "Why it is revoked.") var reason = "revoked by its issuer"
    @OptionGroup var signing: SigningOptions
    @OptionGroup var node: NodeOptions

    func run() async throws {
        if let revoke {
            guard subjects.isEmpty, to.isEmpty else {
                throw CommandFailure(.badInput, "--revoke goes without subjects and --to")
            }
            return try await end(revoke)
        }
        guard !subjects.isEmpty, !to.isEmpty else {
            throw CommandFailure(.badInput, "name what may be read, and with --to who may read it")
        }
        let record = try grant()
        try warnOfStrangers()
        let statement = try await RecordSigning.register(record, signing: signing, node: node)
        Console.line(record.id ?? statement)
        Console.note("revoke it with cairn grant --revoke \(record.id ?? "")")
    }

    private func grant() throws -> Record {
        var record = Record(kind: .grant)
        record.id =
            try id.map { try SubjectArgument($0).identifier.uri }
            ?? "urn:uuid:" + UUID().uuidString.lowercased()
        record.about = sorted(try subjects.map { try SubjectArgument($0).identifier.uri })
        record.to = sorted(try to.map { try SubjectArgument($0).identifier.uri })
        record.fromMilliseconds = try from.map { try Self.time($0, "--from", isEnd: false) }
        record.untilMilliseconds = try until.map { try Self.time($0, "--until", isEnd: true) }
        let now = UInt64(Date().timeIntervalSince1970 * 1_000)
        if let until, let end = record.untilMilliseconds, end <= now {
            throw CommandFailure(
                .badInput, "--until \(until): has passed; the grant would open nothing")
        }
        if upstream { record.scope = [Grant.upstreamScope] }
        return record
    }

    private func sorted(_ uris: [String]) -> [String] {
        Set(uris).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func warnOfStrangers() throws {
        let network = try signing.network().state
        for organisation in to where network.organisations[organisation] == nil {
            Console.note(
                "note: the genesis file does not know \(organisation); it can read only if an "
                    + "amendment admitted it")
        }
    }

    /// A time, or the begin of a day, or its end.
    private static func time(_ text: String, _ option: String, isEnd: Bool) throws -> UInt64 {
        if let time = try? ZonedTime(text) { return UInt64(clamping: time.milliseconds) }
        guard let day = try? ZonedTime(text + "T00:00:00Z") else {
            throw CommandFailure(
                .badInput,
                "\(option) \(text): must be a day, such as 2027-01-31, or a time with its zone, "
                    + "such as 2027-01-31T12:00:00Z")
        }
        return UInt64(clamping: day.milliseconds + (isEnd ? 86_400_000 : 0))
    }

    private func end(_ id: String) async throws {
        var record = Record(kind: .revocation)
        record.target = .record(try SubjectArgument(id).identifier.uri)
        record.fromMilliseconds = 0
        record.reason = reason
        _ = try await RecordSigning.register(record, signing: signing, node: node)
        Console.note("\(id): revoked; who has read what it opened keeps what it has")
    }
}
