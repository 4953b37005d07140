import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

extension RecallWalk {
    /// What the walk found; complete once nothing more is ``wanted``.
    package func reach() -> RecallReach {
        let related = related()
        let holdings = Holdings(facts)
        let things = visits.map { uri, visit in
            var thing = RecalledThing(
                uri: uri, kind: visit.kind, role: visit.role, depth: visit.depth,
                via: visit.via.sorted(), amount: nil, recalls: facts.recalls[uri] ?? [],
                holdings: [], hidden: [:], retold: holdings.retold(uri),
                isUnknown: facts.unknown.contains(uri))
            for part in facts.hidden[uri] ?? [] { thing.hidden[part.issuer, default: 0] += 1 }
            guard visit.role == .affected else { return thing }
            thing.amount = holdings.made(uri)
            thing.holdings = holdings.of(uri).map { holding in
                var holding = holding
                let speakers = holding.parts.compactMap { facts.issuers[$0] }.joined()
                holding.isUnrelated = !speakers.contains { related[uri]?.contains($0) ?? false }
                return holding
            }
            return thing
        }.sorted { ($0.depth, $0.uri) < ($1.depth, $1.uri) }
        return RecallReach(
            subject: subject, network: facts.network ?? .zero, things: things,
            isTruncated: isTruncated || wanted != nil, asOfMilliseconds: facts.asOfMilliseconds,
            notConsulted: facts.notConsulted.sorted(),
            alarms: facts.alarms.sorted { $0.key < $1.key }.map(\.value),
            names: (facts.governance?.organisations ?? [:]).mapValues(\.name))
    }

    /// Whose word counts about each thing: as its own evidence tells; whose word counts about a
    /// thing and whose event leads on from it, about what that leads to; and about a container,
    /// about what it held (SPEC §26.1).
    private func related() -> [String: Set<String>] {
        var related = facts.related
        let known = Set(leads)
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for lead in known where related[lead.from]?.contains(lead.issuer) ?? false {
                if related[lead.to, default: []].insert(lead.issuer).inserted { hasChanged = true }
            }
            for lead in known where visits[lead.to]?.role == .carrier {
                let before = related[lead.from]?.count ?? 0
                related[lead.from, default: []].formUnion(related[lead.to] ?? [])
                if related[lead.from]?.count != before { hasChanged = true }
            }
        }
        return related
    }
}
