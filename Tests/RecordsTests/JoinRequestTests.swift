import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// Applicants and the proof that they hold their keys (SPEC §9.5).
@Suite struct JoinRequestTests {
    let demo: DemoNetwork
    let keys: [SigningKey]
    let organisation: Organisation

    init() throws {
        demo = try DemoNetwork()
        keys = [
            try DemoNetwork.key("applicant"),
            try SigningKey(p256Scalar: [UInt8](repeating: 7, count: 32)),
        ]
        organisation = Organisation(
            uri: "urn:demo:applicant", name: "Applicant", roles: [.supplier],
            prefixes: ["9520002"], sites: ["urn:demo:site"],
            keys: zip([.issuer, .reader], keys).map {
                OrganisationKey(purpose: $0, key: $1.publicKey, fromMilliseconds: 0)
            })
    }

    private func request() throws -> JoinRequest {
        try JoinRequest.make(organisation, network: demo.id, keys: keys)
    }

    @Test func `each key signs, and the time from which keys count is the governors' to say`()
        throws
    {
        let request = try request()
        #expect(request.proofs.count == 2)
        let dated = Organisation(
            uri: organisation.uri, name: organisation.name, roles: organisation.roles,
            prefixes: organisation.prefixes, sites: organisation.sites,
            keys: organisation.keys.map {
                OrganisationKey(purpose: $0.purpose, key: $0.key, fromMilliseconds: 77)
            })
        let read = JoinRequest(network: demo.id, organisation: dated, proofs: request.proofs)
        #expect(throws: Never.self) { try read.check(for: demo.id) }
    }

    @Test func `a request that was changed, or is another network's, is refused`() throws {
        let good = try request()
        let o = organisation
        let changed = [
            Organisation(
                uri: "urn:demo:other", name: o.name, roles: o.roles, prefixes: o.prefixes,
                sites: o.sites, keys: o.keys),
            Organisation(
                uri: o.uri, name: "x", roles: o.roles, prefixes: o.prefixes, sites: o.sites,
                keys: o.keys),
            Organisation(
                uri: o.uri, name: o.name, roles: [], prefixes: o.prefixes, sites: o.sites,
                keys: o.keys),
            Organisation(
                uri: o.uri, name: o.name, roles: o.roles, prefixes: o.prefixes + ["9520003"],
                sites: o.sites, keys: o.keys),
            Organisation(
                uri: o.uri, name: o.name, roles: o.roles, prefixes: o.prefixes, sites: [],
                keys: o.keys),
            Organisation(
                uri: o.uri, name: o.name, roles: o.roles, prefixes: o.prefixes, sites: o.sites,
                keys: Array(o.keys.prefix(1))),
            Organisation(
                uri: o.uri, name: o.name, roles: o.roles, prefixes: o.prefixes, sites: o.sites),
        ]
        for organisation in changed {
            let bad = JoinRequest(network: demo.id, organisation: organisation, proofs: good.proofs)
            expectRefusal("governance.join") { try bad.check(for: demo.id) }
        }
        let other = Hash256.sha256([1])
        expectRefusal("governance.join") { try good.check(for: other) }
        let moved = JoinRequest(network: other, organisation: o, proofs: good.proofs)
        expectRefusal("governance.join") { try moved.check(for: other) }
    }

    @Test func `nobody asks with a stranger's key`() throws {
        expectRefusal("governance.join") {
            try JoinRequest.make(organisation, network: demo.id, keys: [keys[0]])
        }
        expectRefusal("governance.join") {
            try JoinRequest.make(organisation, network: demo.id, keys: keys + [demo.carrier.key])
        }
        let good = try request()
        let swapped = Dictionary(
            uniqueKeysWithValues: zip(good.proofs.keys, good.proofs.values.reversed()))
        let bad = JoinRequest(network: demo.id, organisation: organisation, proofs: swapped)
        expectRefusal("governance.join") { try bad.check(for: demo.id) }
    }
}
