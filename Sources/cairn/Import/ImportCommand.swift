import ArgumentParser
import EPCIS
import Foundation
import Imports
import MerkleTrees
import Records

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Signs the rows of a list, or an EPCIS document, and sends them.",
        discussion: """
            A mapping says what the columns of a list are; four come along: shipment-list, \
            production-list, site-list and site-list-without-gln. The same row is the same event \
            on every run. Rows that are wrong are listed in FILE.errors.csv, and the others go on. \
            An interrupted import goes on where it stopped when it is called again.

            Example:
              cairn import shipments.csv --mapping shipment-list --check
              cairn import shipments.csv --mapping shipment-list --key supplier.pem \\
                --issuer https://id.gs1.org/417/9521101000009 --genesis net.genesis \\
                --node http://127.0.0.1:8080
              cairn import --show-mapping shipment-list > my-shipments.json

            EPCIS 1.2 and 2.0 in XML, EPCIS 2.0 in JSON, master data of the GS1 Web Vocabulary and \
            plots in GeoJSON are imported without a mapping. With --lenient an EPCIS document \
            that breaks GS1's schema is repaired where SPEC 8.5 lists how: you sign the repaired \
            events, and FILE.repairs.json tells each repair.
            """)

    @Argument(help: "A list as CSV, or a document as XML or JSON.") var file: String?
    @Option(help: "What the columns are: a mapping file, or the name of one that comes along.")
    var mapping: String?
    @Option(help: "Print a mapping that comes along, and do nothing else.") var showMapping: String?
    @Flag(help: "Only say what is wrong: sign nothing, send nothing.") var check = false
    @Flag(help: "Repair an EPCIS document where the specification says how.") var lenient = false
    @Option(help: "With --lenient: the zone of events that name none, such as +01:00.")
    var zone: String?
    @Flag(help: "Take events older than the network, too.") var historical = false
    @Option(help: "From which day master data holds that does not say: 2026-03-01.")
    var validFrom: String?
    @Option(help: "Events in one statement, 1 to 1000.") var batch = 100
    @Option(help: "The organisation's issuer key, PEM.") var key: String?
    @Option(help: "The organisation's URI, as in the genesis file.") var issuer: String?
    @Option(help: "The network's genesis file.") var genesis: String?
    @Option(help: "Evidence that shows amendments after genesis, from cairn export.")
    var governance: String?
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Option(help: "public, network, or organisation URIs separated by commas.")
    var visibility: String?
    @Option(help: "The node to send to.") var node: String?
    @Option(help: "A file that holds a token of this node; else CAIRN_TOKEN is read.")
    var tokenFile: String?
    @Option(help: "PEM certificates of the authorities to believe instead of the system's.")
    var caFile: String?
    @Option(name: .shortAndLong, help: "A directory for the signed submissions, instead of a node.")
    var output: String?

    func run() async throws {
        if let showMapping { return try show(showMapping) }
        guard let file else {
            throw CommandFailure(.badInput, "a file is missing: cairn import FILE")
        }
        guard (1...1_000).contains(batch) else {
            throw CommandFailure(.badInput, "--batch \(batch): must be 1 to 1000")
        }
        try refuseSpreadsheet(file)
        let source = try source(file)
        if check { return try check(source, file) }
        let signing = try signing()
        let network = try signing.network()
        var options = TableImport.Options()
        options.validFromMilliseconds = try validFromMilliseconds()
        if !historical {
            options.earliestMilliseconds = try Self.founded(signing.genesis)
        }
        let signer = ImportSigner(
            signer: try signing.signer(in: network), network: network.state.network,
            visibility: try signing.partVisibility(in: network), batch: batch)
        let job = ImportJob(
            file: file, source: source, options: options, signer: signer,
            destination: try destination(),
            identity: [signing.issuer, network.state.network.hex, signing.visibility],
            conditions: conditions)
        try await job.run()
    }

    /// The options that rows are refused by: under others, refused rows are tried again.
    private var conditions: [String] {
        var words = historical ? ["--historical"] : []
        if lenient { words.append("--lenient") }
        if let zone { words.append("--zone \(zone)") }
        if let validFrom { words.append("--valid-from \(validFrom)") }
        return words
    }

    /// Refuses the files of spreadsheet programs, told by their name or their first bytes.
    private func refuseSpreadsheet(_ file: String) throws {
        let endings = [".xlsx", ".xlsm", ".xls", ".ods", ".numbers"]
        let isNamed = endings.contains { file.lowercased().hasSuffix($0) }
        guard isNamed || beginsAsArchive(file) else { return }
        throw CommandFailure(
            .badInput,
            "\(file): is a spreadsheet, which cairn does not read: save it as CSV UTF-8 "
                + "in the program it is from, and import that (import.spreadsheet)")
    }

    /// Whether a file on the disk is a ZIP archive; a pipe is not looked into.
    private func beginsAsArchive(_ file: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { return false }
        let head = try? FileHandle(forReadingFrom: URL(filePath: file)).read(upToCount: 4)
        return head == Data([0x50, 0x4b, 3, 4])
    }

    private func show(_ name: String) throws {
        guard let mapping = BuiltInMapping(rawValue: name) else {
            let known = BuiltInMapping.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.badInput, "--show-mapping \(name): there are \(known)")
        }
        Console.line(mapping.json)
    }

    /// What the file is: a list under its mapping, or a document.
    private func source(_ file: String) throws -> ImportSource {
        guard let mapping else {
            guard !file.lowercased().hasSuffix(".csv") else {
                throw CommandFailure(
                    .badInput, "\(file): a list needs --mapping: what are its columns?")
            }
            let bytes = try Files.read(file)
            guard !bytes.isEmpty else { throw CommandFailure(.badInput, "\(file): is empty") }
            guard lenient else { return .document(bytes) }
            return .repairable(
                bytes, zone: try zoneOffset(), report: check ? nil : file + ".repairs.json")
        }
        guard !lenient else {
            throw CommandFailure(.badInput, "--lenient is for documents, not for lists")
        }
        let builtIn = BuiltInMapping(rawValue: mapping).map { Array($0.json.utf8) }
        guard builtIn != nil || FileManager.default.fileExists(atPath: mapping) else {
            let known = BuiltInMapping.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(
                .badInput, "--mapping \(mapping): there is no such file; along come \(known)")
        }
        let bytes = try builtIn ?? Files.read(mapping)
        do throws(ImportRefusal) {
            return .table(try ImportMapping(bytes))
        } catch {
            throw CommandFailure(error, about: "--mapping \(mapping)")
        }
    }

    private func zoneOffset() throws -> String? {
        guard let zone else { return nil }
        guard (try? ZonedTime("2026-01-01T00:00:00\(zone)")) != nil else {
            throw CommandFailure(.badInput, "--zone \(zone): an offset reads like +01:00")
        }
        return zone
    }

    private func signing() throws -> SigningOptions {
        guard let key, let issuer, let genesis else {
            throw CommandFailure(
                .badInput, "--key, --issuer and --genesis are needed to sign; --check does without")
        }
        var words = ["--key", key, "--issuer", issuer, "--genesis", genesis]
        if let governance { words += ["--governance", governance] }
        if let visibility { words += ["--visibility", visibility] }
        if let passphraseFile { words += ["--passphrase-file", passphraseFile] }
        return try SigningOptions.parse(words)
    }

    /// When the network was founded.
    private static func founded(_ path: String) throws -> Int64 {
        do {
            let part = try Part.decode(try Files.genesis(path).part)
            let body = try GovernanceBody.decode(governancePart: part)
            return Int64(try GenesisDocument.decode(body.body).createdMilliseconds)
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: path)
        }
    }

    private func destination() throws -> ImportDestination {
        switch (node, output) {
        case (let node?, nil):
            var words = ["--node", node]
            if let tokenFile { words += ["--token-file", tokenFile] }
            if let caFile { words += ["--ca-file", caFile] }
            return .node(try NodeOptions.parse(words))
        case (nil, let output?): return .folder(try ImportFolder(making: output))
        default:
            throw CommandFailure(
                .badInput,
                "say where the records go: --node URL or -o DIRECTORY; --check says what "
                    + "is wrong and sends nothing")
        }
    }

    private func validFromMilliseconds() throws -> UInt64? {
        guard let validFrom else { return nil }
        guard let time = try? ZonedTime("\(validFrom)T00:00:00Z") else {
            throw CommandFailure(
                .badInput, "--valid-from \(validFrom): a day reads like 2026-03-01")
        }
        return UInt64(time.milliseconds)
    }

    /// Reads everything and says what is wrong.
    private func check(_ source: ImportSource, _ file: String) throws {
        var options = TableImport.Options()
        // Whether a day is given is a matter of the command, not of the list.
        options.validFromMilliseconds = try validFromMilliseconds() ?? 0
        if let genesis, !historical { options.earliestMilliseconds = try Self.founded(genesis) }
        var counts = ImportCounts()
        try source.rows(of: file, options: options, after: nil) { rows in
            for row in rows {
                counts.add(row.outcome)
                if case .failed(let errors) = row.outcome {
                    for error in errors { Console.line(error.sentence) }
                }
            }
            Console.progress("\(file): row \(rows.last?.cursor.row ?? 0)")
        }
        Console.endProgress()
        Console.note("\(file): \(counts.sentence)")
        guard counts.failed == 0 else {
            throw CommandFailure(.badInput, "\(file): \(counted(counts.failed, "row")) wrong")
        }
    }
}

extension CommandFailure {
    /// An input that cannot be read.
    init(_ refusal: ImportRefusal, about subject: String) {
        let place = refusal.field.isEmpty ? "" : "\(refusal.field): "
        self.init(.badInput, "\(subject): \(place)\(refusal.reason) (\(refusal.code))")
    }
}

extension RowError {
    /// Row, column, what is wrong and the code, on one line.
    var sentence: String {
        let place = column.isEmpty ? "" : ", \(column)"
        let line = line == 0 ? "" : " (line \(line))"
        return "row \(row)\(line)\(place): \(message) (\(code))"
    }
}
