import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Records
import Signatures

/// What it takes to speak for an organisation: its key, its name, and the network.
struct SigningOptions: ParsableArguments {
    @Option(help: "The organisation's issuer key, PEM.") var key: String
    @Option(help: "The organisation's URI, as in the genesis file.") var issuer: String
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Option(
        help: ArgumentHelp(
            "public, network, or organisation URIs separated by commas.",
            discussion: "The issuer may always see its own records; it need not be listed."))
    var visibility = "network"

    /// The network that the genesis file founds.
    func network() throws -> GovernanceState {
        let genesisFile = try Files.genesis(genesis)
        do {
            return try genesisFile.verified()
        } catch {
            throw CommandFailure(error, about: genesis)
        }
    }

    /// The signer, once key and genesis are read and the key is known to be the issuer's.
    func signer(in state: GovernanceState) throws -> Signer {
        let signingKey = try Files.signingKey(key, passphraseFile: passphraseFile)
        try check(signingKey.publicKey, in: state)
        return Signer(network: state.network, issuer: issuer, key: signingKey)
    }

    /// Refuses a key that the genesis file gives to another or for another purpose; what only an
    /// amendment can have brought is noted.
    private func check(_ publicKey: VerificationKey, in state: GovernanceState) throws {
        if let known = state.key(publicKey.thumbprint) {
            guard known.owner == issuer, known.purpose == .issuer else {
                throw CommandFailure(
                    .badInput,
                    "--key \(key): is \(known.owner)'s "
                        + "\(known.purpose.rawValue) key, not an issuer key of \(issuer)")
            }
        } else {
            Console.note(
                "note: the genesis file does not know this key; a node takes what it signs only "
                    + "if an amendment gave it to \(issuer)")
        }
    }

    /// Who may see the parts: of organisations, members only, and the issuer always.
    func partVisibility(in state: GovernanceState) throws -> Visibility {
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
            if let stranger = organisations.first(where: { state.organisations[$0] == nil }) {
                throw CommandFailure(
                    .badInput,
                    "--visibility: \(stranger) is no member of the network; cairn network show "
                        + "\(genesis) lists them")
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
