import Foundation
import GS1
import HTTPAPI
import Lineage
import MerkleTrees
import Records
import Signatures

/// A network made for measuring: so many suppliers under GS1's example prefix 952, one node.
struct BenchNetwork: Sendable {
    /// A supplier that signs its own batches.
    struct Issuer: Sendable {
        var uri: String
        var site: String
        var product: String
        var signer: Signer
    }

    static let origin = "bench.example/log"
    /// 2026-01-01T00:00:00Z.
    static let startMilliseconds: UInt64 = 1_767_225_600_000

    let issuers: [Issuer]
    let logKey: SigningKey
    let file: GenesisFile
    let id: Hash256

    /// The claim scheme that verdicts are asked under.
    static let scheme = "https://bench.example/schemes/cotton"

    /// Founds the network; the same counts give the same one each time.
    ///
    /// Of several nodes each is a member's; all cosign, and two others make a quorum.
    init(issuers count: Int, nodes: Int = 1) throws {
        let members = try (0..<count).map(Member.init)
        let governor = try Self.key("governor")
        logKey = try Self.key("log")
        let document = GenesisDocument(
            name: "Bench network", createdMilliseconds: Self.startMilliseconds,
            governors: Governors(
                [Governor(organisation: members[0].uri, key: governor.publicKey)], threshold: 1),
            organisations: members.map(\.organisation),
            nodes: try (0..<nodes).map { number in
                LogNode(
                    origin: Self.origin(number), organisation: members[number].uri,
                    logKey: try Self.logKey(number).publicKey,
                    cosignerKey: nodes > 1 ? try Self.nodeKey("cosigner", number).publicKey : nil,
                    tlsKey: nodes > 1 ? try Self.nodeKey("tls", number).publicKey : nil)
            }, schemes: [Scheme(id: Self.scheme, terms: Self.terms.cbor)],
            policy: Policy(
                quorum: nodes > 2 ? 2 : 0, toleratedLiars: 0, furthestFutureSeconds: 600))
        file = try GenesisFile.make(
            document, governors: [governor], issuer: members[0].uri, issuerKey: members[0].key,
            issuedAtSeconds: Self.startMilliseconds / 1_000)
        let network = try file.verified().network
        id = network
        issuers = members.map { member in
            Issuer(
                uri: member.uri, site: member.site, product: member.product,
                signer: Signer(network: network, issuer: member.uri, key: member.key))
        }
    }

    /// Organic cotton, kept apart; makers are certified by name.
    private static var terms: SchemeTerms {
        var terms = SchemeTerms(
            version: "1", title: "Organic cotton", topic: "environment.organic",
            criteria: ["https://bench.example/criteria/organic"], covers: [.party], reach: .subject)
        terms.models = [.segregated]
        terms.minimumShare = ExactDecimal("0.5") ?? ExactDecimal(1)
        return terms
    }

    /// The log of a node.
    static func origin(_ number: Int) -> String {
        number == 0 ? origin : "bench-\(number).example/log"
    }

    /// The log key of a node.
    static func logKey(_ number: Int) throws -> SigningKey {
        try number == 0 ? key("log") : nodeKey("log", number)
    }

    /// Another key of a node.
    static func nodeKey(_ purpose: String, _ number: Int) throws -> SigningKey {
        try key("\(purpose) \(number)")
    }

    private static func key(_ name: String) throws -> SigningKey {
        try SigningKey(ed25519Seed: Hash256.sha256(Array("bench key \(name)".utf8)).bytes)
    }

    private struct Member {
        var uri: String
        var site: String
        var product: String
        var prefix: String
        var key: SigningKey

        init(_ number: Int) throws {
            let digits = String(number + 1_000).dropFirst()
            prefix = "9521" + digits
            uri = "https://id.gs1.org/417/" + Self.checked(prefix + "00000")
            site = "https://id.gs1.org/414/" + Self.checked(prefix + "00001")
            product = "https://id.gs1.org/01/" + Self.checked("0" + prefix + "00002")
            key = try BenchNetwork.key("issuer \(number)")
        }

        private static func checked(_ digits: String) -> String {
            let check = CheckDigit.digit(for: Array(digits.utf8)) ?? 0x30
            return digits + String(UnicodeScalar(check))
        }

        var organisation: Organisation {
            Organisation(
                uri: uri, name: "Supplier \(prefix)", roles: [.supplier], prefixes: [prefix],
                sites: [site],
                keys: [
                    OrganisationKey(
                        purpose: .issuer, key: key.publicKey,
                        fromMilliseconds: BenchNetwork.startMilliseconds)
                ])
        }
    }

    // MARK: Submissions

    /// The batch that submission `number` makes.
    func batch(_ number: Int) -> String {
        "\(issuers[number % issuers.count].product)/10/B\(number)"
    }

    /// Signs some submissions on all cores, each as `make` says.
    func submissions(
        _ numbers: Range<Int>, make: @escaping @Sendable (Int) throws -> [UInt8]
    ) async throws -> [[UInt8]] {
        try await withThrowingTaskGroup(of: (Int, [[UInt8]]).self) { group in
            let slice = max(1, (numbers.count + 15) / 16)
            for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: slice) {
                group.addTask {
                    let end = min(start + slice, numbers.upperBound)
                    return (start, try (start..<end).map(make))
                }
            }
            var slices: [(Int, [[UInt8]])] = []
            for try await slice in group { slices.append(slice) }
            return slices.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// Signs some submissions of one event each on all cores.
    func submissions(_ numbers: Range<Int>) async throws -> [[UInt8]] {
        try await submissions(numbers, make: submission)
    }

    /// One signed ObjectEvent that makes a batch of its own.
    func submission(_ number: Int) throws -> [UInt8] {
        try signed([event(number)], number)
    }

    /// One statement over a hundred such events of one issuer, which begin at a number.
    func manifest(of number: Int) throws -> [UInt8] {
        try signed((0..<100).map { event(number + $0 * issuers.count) }, number)
    }

    /// The batch with the long chain.
    var chainBatch: String { "\(issuers[0].product)/10/CHAIN" }

    /// One of the links of that chain.
    func link(_ number: Int) throws -> [UInt8] {
        try signed(
            [event(number * issuers.count, batch: chainBatch, action: "OBSERVE")], 0)
    }

    /// One statement over events of the issuer of a number.
    func signed(_ events: [[UInt8]], _ number: Int) throws -> [UInt8] {
        let signer = issuers[number % issuers.count].signer
        let parts = try events.map {
            try signer.part($0, type: PartContentType.event, visibility: .network)
        }
        let issued = Self.startMilliseconds / 1_000 + UInt64(number % 86_400)
        let submissions = try signer.submissions(parts, issuedAtSeconds: issued)
        guard let first = submissions.first, submissions.count == 1 else {
            throw BenchError("\(events.count) events became \(submissions.count) statements")
        }
        return first.encoded()
    }

    /// The event: at least 900 bytes of compact JSON, as a producer's system would write it.
    func event(_ number: Int, batch named: String? = nil, action: String = "ADD") -> [UInt8] {
        let issuer = issuers[number % issuers.count]
        let day = String(101 + number / 7 % 28).dropFirst()
        let month = String(101 + number / 1_000 % 6).dropFirst()
        let lot = named ?? batch(number)
        // A second event of one ID with other content is refused.
        let serial = Hash256.sha256(Array("\(number) \(lot) \(action)".utf8)).hex.prefix(12)
        let details = action == "ADD" ? "ilmd" : "example:seen"
        return Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",\
            {"example":"https://ns.example/fibre/"}],"type":"ObjectEvent",\
            "eventID":"urn:uuid:6f9b7a52-3c1d-4e8f-9a21-\(serial)",\
            "eventTime":"2026-\(month)-\(day)T08:15:00.000+01:00","eventTimeZoneOffset":"+01:00",\
            "action":"\(action)","bizStep":"commissioning","disposition":"active",\
            "readPoint":{"id":"\(issuer.site)"},"bizLocation":{"id":"\(issuer.site)"},\
            "quantityList":[{"epcClass":"\(lot)","quantity":1200.5,"uom":"KGM"}],\
            "bizTransactionList":[{"type":"prodorder",\
            "bizTransaction":"https://orders.example/production/\(number)"}],\
            "\(details)":{"example:fibre":"organic cotton","example:crop":"2025/2026",\
            "example:grade":"middling","example:staple":"28.6 mm","example:moisture":"7.1 %",\
            "example:note":"Picked by machine, ginned on the farm's own line, pressed into bales \
            of about 220 kg; samples of every tenth bale are kept for two years."}}
            """.utf8)
    }
}

extension NodeService {
    /// Asks for a lineage until the views are no longer behind.
    func waitForViews(of network: BenchNetwork) async throws {
        let request = TraceRequest(
            subject: network.batch(0), direction: .up, limit: 1, form: .json)
        while true {
            do throws(Refusal) {
                _ = try await trace(request, for: .nodeOperator)
                return
            } catch {
                if error.code == "subject.unknown" { return }
                guard error.code == "node.busy" else { throw error }
            }
        }
    }
}
