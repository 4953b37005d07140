package import EPCIS
import GS1
import Records

/// Plots as GeoJSON has them (RFC 7946 §3.2 and §3.3): a Feature, or a FeatureCollection.
package enum PlotFeatures {
    /// Whether a document is one of features.
    package static func isLikely(_ document: JSONValue) -> Bool {
        ["Feature", "FeatureCollection"].contains(document["type"]?.asString ?? "")
    }

    /// The plots of a document, and of the others why they are none.
    ///
    /// A plot is its `id`, or its property `subject` or `id`: a URI. `name`, `validFrom` and
    /// `validUntil` have their places; other properties are attributes.
    ///
    /// - Returns: for each feature a plot, or `master.format` or `identifier.*` with the feature's
    ///   place.
    /// - Throws: `master.format` for a collection without features.
    package static func entries(
        _ document: JSONValue
    ) throws(ImportRefusal) -> [Result<MasterEntry, ImportRefusal>] {
        guard document["type"]?.asString == "FeatureCollection" else {
            return [read(document, at: "")]
        }
        guard let features = document["features"]?.asArray else {
            throw MasterEntry.refusal("features", "is missing")
        }
        return features.enumerated().map { read($1, at: "features[\($0)]") }
    }

    private static func read(
        _ feature: JSONValue, at place: String
    ) -> Result<MasterEntry, ImportRefusal> {
        Result { () throws(ImportRefusal) in try entry(feature, at: place) }
    }

    private static func entry(
        _ feature: JSONValue, at place: String
    ) throws(ImportRefusal) -> MasterEntry {
        let properties = feature["properties"]?.asObject ?? []
        func property(_ name: String) -> JSONValue? {
            properties.first { $0.name == name }?.value
        }
        // An id may be a number too, which names nothing.
        let ids = [feature["id"], property("subject"), property("id")].compactMap(\.self)
        guard let id = ids.first(where: { $0.asString != nil }) else {
            throw MasterEntry.refusal(
                MappingJSON.join(place, "id"),
                "is missing: give each plot a URI of its own, as its id or as property subject")
        }
        var members = [
            JSONMember("kind", .string("plot")), JSONMember("subject", id),
            JSONMember("geometry", geometry(feature["geometry"] ?? .null)),
        ]
        for name in ["validFrom", "validUntil"] {
            if let value = property(name) { members.append(JSONMember(name, value)) }
        }
        if let name = property("name")?.asString, !name.isEmpty {
            members.append(JSONMember("names", .object([JSONMember("und", .string(name))])))
        }
        let known: Set<String> = ["id", "subject", "name", "validFrom", "validUntil"]
        let attributes = properties.filter { member in
            !known.contains(member.name) && !member.value.isNull && member.value != .string("")
        }
        if !attributes.isEmpty { members.append(JSONMember("attributes", .object(attributes))) }
        do throws(ImportRefusal) {
            return try MasterEntry(.object(members))
        } catch {
            throw ImportRefusal(
                error.code, field: MappingJSON.join(place, error.field), error.reason)
        }
    }

    /// A geometry without its bounding box, which its coordinates say already.
    private static func geometry(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return value }
        return .object(members.filter { $0.name != "bbox" })
    }
}
