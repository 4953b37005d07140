/// A closed word list of GS1's Core Business Vocabulary 2.0 that users may extend by URIs.
///
/// In JSON a value of the list is its bare word; a user's own value is a URI or CURIE. The URN
/// spelling `urn:epcglobal:cbv:…` and the former namespace `https://ns.gs1.org/cbv/` belong to
/// the XML binding and are refused in events, as GS1's schema does; questions may have them.
package enum Vocabulary: Hashable, Sendable {
    /// What step of a business process an event was part of (CBV 2.0 §7.1).
    case businessStep
    /// The business condition of the objects after an event (CBV 2.0 §7.2).
    case disposition
    /// The kind of a business transaction (CBV 2.0 §7.3).
    case transactionType
    /// The kind of a source or destination (CBV 2.0 §7.4).
    case sourceDestinationType
    /// Why an event is declared to be in error (CBV 2.0 §7.5).
    case errorReason
    /// The axis or component that a sensor value belongs to (CBV 2.0 §7.6).
    case component

    /// Where the canonical URIs of all lists live.
    static let namespace = "https://ref.gs1.org/cbv/"

    /// Spellings of the namespace that mean the canonical one: the prefix that GS1's JSON-LD
    /// context defines, and its own URI written with other schemes and hosts.
    private static let namespaceSpellings = [
        "cbv:", namespace, "http://ref.gs1.org/cbv/", "https://gs1.org/cbv/",
        "http://gs1.org/cbv/",
    ]

    /// Namespaces whose values may not stand in JSON, in lower case.
    private static let refusedNamespaces = [
        "urn:epcglobal:cbv", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/",
    ]

    /// Reads a value and gives its canonical URI: `https://ref.gs1.org/cbv/BizStep-shipping`.
    package func read(_ value: JSONValue) throws(EPCISError) -> String {
        let text = try Scalars.string(value)
        if Self.contains(words, text) { return canonical(text) }
        let lowered = text.lowercased()
        if Self.refusedNamespaces.contains(where: lowered.hasPrefix) {
            throw EPCISError(
                "epcis.vocabulary",
                "\(JSONPath.shown(text)) is the XML spelling: in JSON the bare word stands alone"
            )
        }
        guard URISyntax.isURI(text) else {
            throw EPCISError(
                "epcis.vocabulary",
                "\(JSONPath.shown(text)) is neither a word of CBV 2.0's list nor a URI of one's own"
            )
        }
        return canonical(text)
    }

    /// The canonical URI of a word of the list and of other spellings of its namespace; any other
    /// text as it is (SPEC §8.1).
    package func canonical(_ text: String) -> String {
        if Self.contains(words, text) { return Self.namespace + prefix + text }
        for spelling in Self.namespaceSpellings where text.utf8.starts(with: spelling.utf8) {
            let word = text.utf8.dropFirst(spelling.utf8.count)
            return Self.namespace + String(decoding: word, as: UTF8.self)
        }
        return text
    }

    /// A value in a question, in a spelling that events in JSON have: words of the list in the
    /// spellings of the XML binding are bare, any other text is as it is (SPEC §17.2).
    package func asked(_ text: String) -> String {
        let former = ["https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/"].map { $0 + prefix }
        for spelling in urnSpellings + former where text.utf8.starts(with: spelling.utf8) {
            let word = String(decoding: text.utf8.dropFirst(spelling.utf8.count), as: UTF8.self)
            if Self.contains(words, word) { return word }
        }
        return text
    }

    /// The bare word of a canonical URI of the list; any other text as it is.
    package func bare(_ text: String) -> String {
        let lead = Self.namespace + prefix
        guard text.utf8.starts(with: lead.utf8) else { return text }
        let word = String(decoding: text.utf8.dropFirst(lead.utf8.count), as: UTF8.self)
        return Self.contains(words, word) ? word : text
    }

    /// What stands before the word in a canonical URI.
    var prefix: String {
        switch self {
        case .businessStep: "BizStep-"
        case .disposition: "Disp-"
        case .transactionType: "BTT-"
        case .sourceDestinationType: "SDT-"
        case .errorReason: "ER-"
        case .component: "Comp-"
        }
    }

    /// What stands before the word in the XML binding (CBV 2.0 §7).
    var urnSpellings: [String] {
        let list =
            switch self {
            case .businessStep: "bizstep"
            case .disposition: "disp"
            case .transactionType: "btt"
            case .sourceDestinationType: "sdt"
            case .errorReason: "er"
            case .component: "comp"
            }
        return ["urn:epcglobal:cbv:\(list):"]
    }

    /// The words of the list.
    var words: Set<String> {
        switch self {
        case .businessStep: Self.businessStepWords
        case .disposition: Self.dispositionWords
        case .transactionType: Self.transactionTypeWords
        case .sourceDestinationType: Self.sourceDestinationTypeWords
        case .errorReason: Self.errorReasonWords
        case .component: Self.componentWords
        }
    }

    private static let businessStepWords = wordSet(
        """
        accepting arriving assembling collecting commissioning consigning creating_class_instance \
        cycle_counting decommissioning departing destroying disassembling dispensing encoding \
        entering_exiting holding inspecting installing killing loading other packing picking \
        receiving removing repackaging repairing replacing reserving retail_selling sampling \
        sensor_reporting shipping staging_outbound stock_taking stocking storing transporting \
        unloading unpacking void_shipping
        """)

    private static let dispositionWords = wordSet(
        """
        active available completeness_inferred completeness_verified conformant container_closed \
        container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit \
        inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement \
        no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved \
        retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable \
        unknown
        """)

    private static let transactionTypeWords = wordSet(
        """
        bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
        """)

    private static let sourceDestinationTypeWords = wordSet(
        """
        location owning_party possessing_party
        """)

    private static let errorReasonWords = wordSet(
        """
        did_not_occur incorrect_data
        """)

    private static let componentWords = wordSet(
        """
        altitude axial_distance azimuth easting elevation_angle height latitude longitude northing \
        polar_angle spherical_radius x y z
        """)

    /// Whether a text is a word, byte for byte: Swift strings alone would let U+212A pass for K.
    static func contains(_ words: Set<String>, _ text: String) -> Bool {
        words.contains(text) && text.utf8.allSatisfy { $0 < 0x80 }
    }

    /// The words of a list written as one text.
    static func wordSet(_ text: String) -> Set<String> {
        Set(text.split(separator: " ").map(String.init))
    }
}
