import MerkleTrees
package import Records
import Signatures
import Support

/// The network of a simulation: as many nodes as it has, and one that an amendment admits.
package struct SimulatedNetwork: Sendable {
    /// Who a node is.
    package struct Keeper: Sendable {
        /// Its log's name.
        package let origin: String
        /// The organisation that runs it.
        package let organisation: String
        /// With what it signs its log, each key after an amendment that lists it.
        let logKeys: [SigningKey]
        /// With what it cosigns, and with what after the amendment that changes it.
        let cosignerKeys: [SigningKey]
        /// With what it shows its peers who it is, and with what after such an amendment.
        let transportKeys: [SigningKey]

        /// The node with its first keys.
        var node: LogNode {
            LogNode(
                origin: origin, organisation: organisation, logKey: logKeys[0].publicKey,
                cosignerKey: cosignerKeys[0].publicKey, tlsKey: transportKeys[0].publicKey)
        }
    }

    let demo: DemoNetwork
    /// The founding nodes, then the one that is admitted later.
    package let keepers: [Keeper]
    /// Statements that nodes register, each with parts of some visibility.
    package let submissions: [Submission]
    /// What erases the first part of a submission, by the submission's place.
    let erasures: [Int: (part: Hash256, submission: Submission)]
    /// Another amendment of the first number than the governors make.
    let contradiction: Submission

    package var founders: Int { keepers.count - 1 }

    /// Founds a network of so many nodes.
    init(founders: Int) throws {
        let members = try DemoNetwork().members
        let keepers = try (0...founders).map { number in
            Keeper(
                origin: "node-\(number).example/log",
                organisation: members[number % members.count].uri,
                logKeys: try (0..<4).map { try DemoNetwork.key("log \(number) \($0)") },
                cosignerKeys: try (0..<2).map { try DemoNetwork.key("cosigner \(number) \($0)") },
                transportKeys: try (0..<2).map { try DemoNetwork.key("tls \(number) \($0)") })
        }
        let policy = Self.policy(nodes: founders)
        let demo = try DemoNetwork { document in
            GenesisDocument(
                name: document.name, createdMilliseconds: document.createdMilliseconds,
                governors: document.governors, organisations: document.organisations,
                nodes: keepers.prefix(founders).map(\.node), policy: policy)
        }
        self.demo = demo
        self.keepers = keepers
        submissions = try (0..<48).map { try Self.submission($0, demo) }
        var erasures: [Int: (part: Hash256, submission: Submission)] = [:]
        for number in stride(from: 0, to: submissions.count, by: 3) {
            erasures[number] = try Self.erasure(of: submissions[number], number, demo)
        }
        self.erasures = erasures
        contradiction = try demo.submission(
            try demo.amendment([.anchors([demo.carrier.uri])], after: demo.state))
    }

    static func policy(nodes: Int) -> Policy {
        let liars: UInt64 = nodes >= 4 ? 1 : 0
        let quorum = (UInt64(nodes) + liars) / 2 + 1
        return Policy(quorum: quorum, toleratedLiars: liars, furthestFutureSeconds: 300)
    }

    private static func submission(_ number: Int, _ demo: DemoNetwork) throws -> Submission {
        let members = demo.members
        let member = members[number % members.count]
        let other = members[(number / 3) % members.count]
        let visibilities: [Visibility] = [
            .network, .open, .only([member.uri]), .only([member.uri, other.uri]),
        ]
        let parts = try (0...number % 2).map { part in
            try demo.note(
                "text \(number) \(part)", by: member,
                visibility: visibilities[(number / 2 + part) % visibilities.count])
        }
        return try demo.submission(
            parts, rows: parts.map { demo.row($0, .assertions, "urn:x:\(number % 5)", .mention) },
            by: member)
    }

    private static func erasure(
        of submission: Submission, _ number: Int, _ demo: DemoNetwork
    ) throws -> (part: Hash256, submission: Submission) {
        let member = demo.members[number % demo.members.count]
        let part = try Part.decode(submission.parts[0]).digest
        var record = Record(kind: .erasure)
        record.target = .part(part)
        record.keys = try Manifest.decode(submission.manifest).rows.filter { $0.part == part }
            .map(\.key)
        record.reason = "asked for"
        let signer = Signer(network: demo.id, issuer: member.uri, key: member.key)
        let order = try signer.part(record, visibility: .network)
        let made = try signer.submissions([order], issuedAtSeconds: DemoNetwork.startSeconds)
        return (part, made[0])
    }

    private static let three = Result { try SimulatedNetwork(founders: 3) }
    private static let four = Result { try SimulatedNetwork(founders: 4) }
    private static let five = Result { try SimulatedNetwork(founders: 5) }
    private static let seven = Result { try SimulatedNetwork(founders: 7) }

    /// The network of 3, 4, 5 or 7 nodes; made once.
    package static func network(founders: Int) throws -> SimulatedNetwork {
        switch founders {
        case ...3: try three.get()
        case 4: try four.get()
        case 5: try five.get()
        default: try seven.get()
        }
    }
}

extension Submission {
    /// The id of its statement.
    var id: Hash256 { (try? UnverifiedStatement.decode(statement).id) ?? .zero }
}
