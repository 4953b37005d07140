package import DeterministicCBOR
package import GS1
package import MerkleTrees

/// The terms of a claim scheme that verdicts read (SPEC §24.1).
///
/// Lists are sorted when they are encoded; `read(_:)` refuses any other order.
package struct SchemeTerms: Hashable, Sendable {
    /// The version of the terms, 1…64 bytes.
    package var version: String
    /// What the scheme is called, 1…200 bytes.
    package var title: String
    /// The UNTP conformity topic or another word, 1…200 bytes.
    package var topic: String
    /// What a certificate must confirm, all of them: 1…64 canonical URIs.
    package var criteria: [String]
    /// The models allowed; empty: the claim is about makers and sites, not an amount of material.
    package var models: [CustodyModel] = []
    /// The least share that may be claimed, above 0 and at most 1.
    package var minimumShare = ExactDecimal(1)
    /// What a certificate must name, at least one.
    package var covers: [CoverKind]
    /// Which steps upstream need a certificate.
    package var reach: SchemeReach
    /// What is said of processes, at most 256; one that is not listed conserves with yield 1.
    package var processes: [SchemeProcess] = []
    /// The unit in which material is counted.
    package var unit: UnitCode?
    /// Contained elements that must balance too, at most 16 of 1…64 bytes.
    package var elements: [String] = []
    /// How many months a credit of mass balance lives, 1…24.
    package var months: UInt64 = 12
    /// Organisations whose transcribed certificates count as signed ones: canonical URIs.
    package var checkers: [String] = []
    /// How old a log's last seal may be, in seconds.
    package var freshnessSeconds: UInt64?
    /// Whether each origin's site must be a plot with coordinates or geometry.
    package var needsPlots = false

    /// Terms that say no more than they must; the rest has the defaults of descriptions.
    package init(
        version: String, title: String, topic: String, criteria: [String], covers: [CoverKind],
        reach: SchemeReach
    ) {
        self.version = version
        self.title = title
        self.topic = topic
        self.criteria = criteria
        self.covers = covers
        self.reach = reach
    }

    /// The most criteria.
    package static let criteriaCount = 64
    /// The most processes.
    package static let processCount = 256
    /// The most contained elements.
    package static let elementCount = 16
    /// The most checkers.
    package static let checkerCount = 256

    /// What the terms say of a business step; nil for a step they do not list.
    package func process(_ bizStep: String?) -> SchemeProcess? {
        guard let bizStep, !processes.isEmpty else { return nil }
        let known = processes.first { $0.uri.utf8.elementsEqual(bizStep.utf8) }
        if let known { return known }
        guard let canonical = try? CanonicalIdentifier(bizStep).uri else { return nil }
        return processes.first { $0.uri == canonical }
    }
}

extension SchemeTerms {
    /// The terms as the map that governance holds.
    package var cbor: CBORValue {
        numberedMap([
            .text(version), .text(title), .text(topic), Self.texts(criteria),
            .array(models.sorted().map { .unsigned($0.rawValue) }),
            .text(minimumShare.description), Self.texts(covers.map(\.rawValue)),
            .unsigned(reach.rawValue),
            .array(
                processes.sorted { precedesBytewise($0.uri, $1.uri) }.map { process in
                    .array([
                        .text(process.uri), .unsigned(process.grows ? 1 : 0),
                        .text(process.yield.description),
                    ])
                }),
            unit.map { .text($0.text) } ?? .null, Self.texts(elements), .unsigned(months),
            Self.texts(checkers), freshnessSeconds.map(CBORValue.unsigned) ?? .null,
            .unsigned(needsPlots ? 1 : 0),
        ])
    }

    /// SHA-256 of the terms' encoding: which terms a verdict was given under.
    package var digest: Hash256 { .sha256(cbor.encoded()) }

    private static func texts(_ texts: [String]) -> CBORValue {
        .array(texts.sorted(by: precedesBytewise).map(CBORValue.text))
    }
}
