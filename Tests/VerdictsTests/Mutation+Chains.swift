import MerkleTrees
import Records
import Support
import Verdicts

extension Mutation {
    static var index: [Mutation] {
        [
            Mutation("an index item dropped", .index) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].index.items, &random)
                else { return false }
                evidence.logs[0].index.items.remove(at: place)
                return true
            },
            Mutation("an index item twice", .index) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].index.items, &random)
                else { return false }
                let item = evidence.logs[0].index.items[place]
                evidence.logs[0].index.items.insert(item, at: place)
                return true
            },
            Mutation("index items swapped", .index) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].index.items.dropLast(), &random)
                else { return false }
                let items = evidence.logs[0].index.items
                evidence.logs[0].index.items.swapAt(place, place + 1)
                return evidence.logs[0].index.items != items
            },
            Mutation("an index item changed", .index) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].index.items, &random)
                else { return false }
                switch evidence.logs[0].index.items[place] {
                case .branch(let bit):
                    evidence.logs[0].index.items[place] = .branch(bit: (bit + 1) % 256)
                case .opaque(let hash):
                    evidence.logs[0].index.items[place] = .opaque(turned(hash, &random))
                case .leaf(let key, var head):
                    head.count -= 1
                    evidence.logs[0].index.items[place] = .leaf(key: key, head)
                }
                return true
            },
            Mutation("a leaf of the index cut away", .index) { evidence, random, _ in
                let leaves = evidence.logs[0].index.items.indices.filter {
                    if case .leaf = evidence.logs[0].index.items[$0] { true } else { false }
                }
                guard let place = leaves.randomElement(using: &random),
                    case .leaf(let key, let head) = evidence.logs[0].index.items[place]
                else { return false }
                evidence.logs[0].index.items[place] = .opaque(
                    SubjectIndex.root(of: [IndexLeaf(key: key, head: head)]))
                return true
            },
            Mutation("another network's index", .index) { evidence, _, other in
                evidence.logs[0].index = other.logs[0].index
                return true
            },
        ]
    }

    static var chains: [Mutation] {
        [
            Mutation("a chain dropped", .format, .part, .governance, .chain) {
                evidence, random, _ in
                guard let place = place(in: evidence.logs[0].chains, &random) else { return false }
                evidence.logs[0].chains.remove(at: place)
                return true
            },
            Mutation("a chain of an absent subject", .chain) { evidence, random, _ in
                let present = Set(evidence.logs[0].chains.map(\.asked))
                let absent = evidence.asked.indices.filter { !present.contains($0) }
                guard let asked = absent.randomElement(using: &random),
                    var chain = evidence.logs[0].chains.randomElement(using: &random)
                else { return false }
                chain.asked = asked
                evidence.logs[0].chains.append(chain)
                evidence.logs[0].chains.sort { $0.asked < $1.asked }
                return true
            },
            Mutation("a chain of nothing asked", .format) { evidence, _, _ in
                guard var chain = evidence.logs[0].chains.last else { return false }
                chain.asked = evidence.asked.count
                evidence.logs[0].chains.append(chain)
                return true
            },
            Mutation("a chain without links", .format) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].chains, &random) else { return false }
                evidence.logs[0].chains[place].links = []
                return true
            },
            Mutation("two chains' links swapped", .governance, .chain) { evidence, random, _ in
                let count = evidence.logs[0].chains.count
                guard let place = place(in: 0..<(count - 1), &random) else { return false }
                let links = evidence.logs[0].chains[place].links
                evidence.logs[0].chains[place].links = evidence.logs[0].chains[place + 1].links
                evidence.logs[0].chains[place + 1].links = links
                return true
            },
            Mutation("another network's chains", .format, .part) { evidence, _, other in
                evidence.logs[0].chains = other.logs[0].chains
                return true
            },
        ]
    }

    /// Changes one link of one chain.
    private static func link(
        _ name: String, _ steps: EvidenceStep...,
        change: @escaping (inout [EvidenceLink], Int, inout SplitMix64, Evidence) -> Bool
    ) -> Mutation {
        Mutation(name, steps: Set(steps)) { evidence, random, _ in
            guard let chain = place(in: evidence.logs[0].chains, &random),
                let link = place(in: evidence.logs[0].chains[chain].links, &random)
            else { return false }
            let whole = evidence
            return change(&evidence.logs[0].chains[chain].links, link, &random, whole)
        }
    }

    private init(
        _ name: String, steps: Set<EvidenceStep>,
        apply: @escaping (inout Evidence, inout SplitMix64, Evidence) -> Bool
    ) {
        self.name = name
        self.steps = steps
        self.apply = apply
    }

    static var links: [Mutation] {
        [
            link("a link dropped", .format, .part, .governance, .chain) { links, place, _, _ in
                links.remove(at: place)
                return true
            },
            link("a link twice", .governance, .chain) { links, place, _, _ in
                links.insert(links[place], at: place)
                return true
            },
            link("links swapped", .governance, .chain) { links, place, _, _ in
                guard place + 1 < links.count else { return false }
                links.swapAt(place, place + 1)
                return true
            },
            link("a link at another leaf", .format, .governance, .entry, .chain) {
                links, place, random, evidence in
                let leaves = evidence.logs[0].entries.map(\.index)
                    .filter { $0 != links[place].leafIndex }
                guard let leaf = leaves.randomElement(using: &random) else { return false }
                links[place].leafIndex = leaf
                return true
            },
            link("a link at a leaf that is not shown", .format, .governance, .transition, .entry) {
                links, place, _, _ in
                links[place].leafIndex += 1_000
                return true
            },
            link("a link at another row", .chain) { links, place, _, _ in
                links[place].row += 1
                return true
            },
            link("a link in another role", .chain) { links, place, random, _ in
                let roles = Role.allCases.filter { $0 != links[place].role }
                guard let role = roles.randomElement(using: &random) else { return false }
                links[place].role = role
                return true
            },
            link("a link to another part", .format, .part, .governance, .chain) {
                links, place, random, evidence in
                let digests = Set(evidence.logs[0].chains.flatMap { $0.links.map(\.part) })
                guard
                    let other = digests.subtracting([links[place].part]).sorted()
                        .randomElement(using: &random)
                else { return false }
                links[place].part = other
                return true
            },
            link("a row's path spoilt", .row) { links, place, random, _ in
                spoil(&links[place].path, &random)
                return true
            },
        ]
    }

    static var parts: [Mutation] {
        [
            Mutation("a part dropped", .part) { evidence, random, _ in
                guard let place = place(in: evidence.parts, &random) else { return false }
                evidence.parts.remove(at: place)
                return true
            },
            Mutation("a part twice", .format) { evidence, random, _ in
                guard let place = place(in: evidence.parts, &random) else { return false }
                evidence.parts.insert(evidence.parts[place], at: place)
                return true
            },
            Mutation("parts swapped", .format) { evidence, random, _ in
                guard let place = place(in: evidence.parts.dropLast(), &random)
                else { return false }
                evidence.parts.swapAt(place, place + 1)
                return true
            },
            Mutation("a byte of a part changed", .part) { evidence, random, _ in
                guard let part = place(in: evidence.parts, &random),
                    let place = place(in: evidence.parts[part], &random)
                else { return false }
                evidence.parts[part][place] ^= UInt8.random(in: 1...255, using: &random)
                return true
            },
            Mutation("a part that nothing names", .part) { evidence, _, other in
                guard let part = other.parts.last else { return false }
                return insert(part, into: &evidence)
            },
            Mutation("a part that is a stub too", .part) { evidence, random, _ in
                guard let bytes = evidence.parts.randomElement(using: &random),
                    let part = try? Part.decode(bytes)
                else { return false }
                evidence.stubs.append(part.digest)
                evidence.stubs.sort()
                return true
            },
            Mutation("the newest amendment as a stub", .governance) { evidence, _, _ in
                for bytes in evidence.parts {
                    guard let part = try? Part.decode(bytes),
                        part.contentType == PartContentType.governance
                    else { continue }
                    evidence.parts.removeAll { $0 == bytes }
                    evidence.stubs.append(part.digest)
                    evidence.stubs.sort()
                    return true
                }
                return false
            },
            Mutation("a stub dropped", .part) { evidence, random, _ in
                guard let place = place(in: evidence.stubs, &random) else { return false }
                evidence.stubs.remove(at: place)
                return true
            },
            Mutation("a stub that nothing names", .format) { evidence, random, _ in
                evidence.stubs.append(Hash256.sha256(random.bytes(8)))
                evidence.stubs.sort()
                return true
            },
            Mutation("a stub twice", .format) { evidence, random, _ in
                guard let place = place(in: evidence.stubs, &random) else { return false }
                evidence.stubs.insert(evidence.stubs[place], at: place)
                return true
            },
        ]
    }

    /// Puts a part where its digest belongs.
    private static func insert(_ bytes: [UInt8], into evidence: inout Evidence) -> Bool {
        guard let part = try? Part.decode(bytes) else { return false }
        let before = evidence.parts.firstIndex {
            ((try? Part.decode($0))?.digest).map { $0 > part.digest } ?? false
        }
        evidence.parts.insert(bytes, at: before ?? evidence.parts.count)
        return true
    }
}
