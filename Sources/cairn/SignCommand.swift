import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Queries
import Records
import Signatures

/// What it takes to speak for an organisation: its key, its name, and the network.
struct SigningOptions: ParsableArguments {
    @Option(help: "The organisation's issuer key, PEM.") var key: String
    @Option(help: "The organisation's URI, as governance has it.") var issuer: String
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Option(
        help: ArgumentHelp(
            "public, network, or organisation URIs separated by commas.",
            discussion: "The issuer may always see its own records; it need not be listed."))
    var visibility = "network"

    @Option(
        help: ArgumentHelp(
            "Evidence that shows amendments after genesis, from cairn export.", valueName: "file"))
    var governance: String?

    /// The network, with the amendments that evidence shows, if some is given.
    func network() throws -> ShownGovernance {
        try ShownGovernance(file: governance, genesis: genesis)
    }

    /// The signer, once key and genesis are read and the key is known to be the issuer's.
    func signer(in shown: ShownGovernance) throws -> Signer {
        let signingKey = try Files.signingKey(key, passphraseFile: passphraseFile)
        try check(signingKey.publicKey, in: shown)
        var signer = Signer(network: shown.state.network, issuer: issuer, key: signingKey)
        let early = EarlySignatures()
        signer.whenAhead = { early.take($0, $1) }
        return signer
    }

    /// Refuses a key that is another's, for another purpose or revoked, and a suspended issuer;
    /// what only a later amendment can have brought is noted.
    private func check(_ publicKey: VerificationKey, in shown: ShownGovernance) throws {
        guard let known = shown.state.key(publicKey.thumbprint) else {
            let place =
                governance == nil
                ? "the genesis file does not know this key"
                : "governance after amendment \(shown.state.seq), by \(shown.basis), does not know "
                    + "this key"
            return Console.note(
                "note: \(place); a node takes what it signs only if "
                    + "\(governance == nil ? "an amendment" : "a later amendment") gave it to "
                    + issuer)
        }
        guard known.owner == issuer, known.purpose == .issuer else {
            throw CommandFailure(
                .badInput,
                "--key \(key): is \(known.owner)'s "
                    + "\(known.purpose.rawValue) key, not an issuer key of \(issuer)")
        }
        let now = UInt64(Date().timeIntervalSince1970 * 1_000)
        if known.isRevoked(atMilliseconds: now) {
            throw CommandFailure(.badInput, "--key \(key): is revoked, by \(shown.basis)")
        }
        if shown.state.suspensions(of: issuer).isSuspended(atMilliseconds: now) {
            throw CommandFailure(.badInput, "--issuer \(issuer): is suspended, by \(shown.basis)")
        }
        if known.fromMilliseconds > now {
            let time = Timestamp.text(milliseconds: Int64(clamping: known.fromMilliseconds))
            Console.note("note: a node takes what this key signs from \(time) on")
        }
    }

    /// Who may see the parts: of organisations, members only, and the issuer always.
    func partVisibility(in shown: ShownGovernance) throws -> Visibility {
        switch visibility {
        case "public": return .open
        case "network": return .network
        default:
            let organisations = visibility.split(separator: ",").map(String.init)
            guard organisations.allSatisfy({ $0.contains(":") }), !organisations.isEmpty else {
                throw CommandFailure(
                    .badInput,
                    "--visibility \(visibility): must be public, network, or "
                        + "organisation URIs separated by commas")
            }
            if let stranger = organisations.first(
                where: { shown.state.organisations[$0] == nil })
            {
                let later = governance == nil ? ", those admitted later with --governance" : ""
                throw CommandFailure(
                    .badInput,
                    "--visibility: \(stranger) is no member of the network by \(shown.basis); "
                        + "cairn network show \(genesis) lists the members\(later)")
            }
            return .only(organisations + [issuer])
        }
    }
}

/// How many parts of which kind were signed.
struct SignedCount {
    /// EPCIS events.
    var events = 0
    /// Records.
    var records = 0

    /// Both, in words: `3 events and 1 record`.
    var words: String {
        let counts = [(events, "event"), (records, "record")].filter { $0.0 > 0 }
        return counts.map { counted($0.0, $0.1) }.joined(separator: " and ")
    }
}

/// Signs EPCIS documents, records and credentials with one organisation's key.
enum DocumentSigning {
    /// The signed submissions of each file, and how many parts they hold together.
    ///
    /// Each file has statements of its own, so that what is refused in one leaves the others.
    static func submissions(
        _ files: [String], options: SigningOptions
    ) throws -> (files: [SignedFile], parts: SignedCount) {
        let network = try options.network()
        let signer = try options.signer(in: network)
        let visibility = try options.partVisibility(in: network)
        let now = UInt64(Date().timeIntervalSince1970)
        var parts = SignedCount()
        let signed = try files.map { file in
            let content = SignableFile(try Files.read(file, as: .json))
            do {
                let (found, notes) = try content.parts(
                    by: signer, issuer: options.issuer, visibility: visibility, file: file)
                for note in notes { Console.note("note: \(file): \(note)") }
                if case .events = content {
                    parts.events += found.count
                } else {
                    parts.records += found.count
                }
                return SignedFile(
                    name: file,
                    submissions: try signer.submissions(found, issuedAtSeconds: now))
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: file)
            }
        }
        return (signed, parts)
    }
}

struct SignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Signs EPCIS documents, records and credentials as one organisation.",
        discussion: """
            Each event becomes a part of its own, so that it can later be shown, withheld or \
            erased alone. Each file has statements of its own. The same file gives the same \
            parts each time.

            Example:
              cairn sign shipment.json --key supplier.pem --genesis net.genesis \\
                --issuer https://id.gs1.org/417/9521101000009 -o shipment.cairn

            A file may also hold records, one object or a list of them, or a conformity \
            credential (UNTP), which becomes a certificate. Such a record is, for example:
              {"record": "certificate", "id": "https://certs.example/7",
               "about": ["https://id.gs1.org/417/9521101000009"],
               "from": "2026-03-01", "until": "2027-02-28",
               "scope": [["scheme", "https://schemes.example/organic"],
                         ["criterion", "https://schemes.example/organic/fibre"],
                         ["party", "https://id.gs1.org/417/9521101000009"],
                         ["conformance", "true"]],
               "body": {"contentType": "application/pdf", "file": "scan.pdf"}}

            Its file is signed the same way:
              cairn sign certificate.json --key certifier.pem --genesis net.genesis \\
                --issuer https://id.gs1.org/417/9521111000006 -o certificate.cairn
            """)

    @Argument(help: "EPCIS 2.0 documents, records or conformity credentials, JSON.")
    var files: [String]
    @OptionGroup var signing: SigningOptions
    @Option(name: .shortAndLong, help: "The file of signed submissions to write.")
    var output: String

    func run() async throws {
        let (signed, parts) = try DocumentSigning.submissions(files, options: signing)
        let submissions = signed.flatMap(\.submissions)
        guard !submissions.isEmpty else {
            throw CommandFailure(
                .badInput, "\(files.joined(separator: ", ")): holds no event to sign")
        }
        try Files.write(submissions.flatMap { $0.encoded() }, to: output)
        Console.note(
            "\(output): \(parts.words) in "
                + "\(counted(submissions.count, "statement")), "
                + "signed by \(signing.issuer)"
        )
    }
}
