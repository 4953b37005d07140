package import EPCIS
import GS1
import Records

/// Plots as GeoJSON has them (RFC 7946 §3.2 and §3.3): a Feature, or a FeatureCollection.
package enum PlotFeatures {
    /// Whether a document is one of features.
    package static func isLikely(_ document: JSONValue) -> Bool {
        ["Feature", "FeatureCollection"].contains(document["type"]?.asString ?? "")
    }

    /// The plots of a document.
    ///
    /// A plot is its `id`, or its property `subject` or `id`: a URI. `name`, `validFrom` and
    /// `validUntil` have their places; other properties are attributes.
    ///
    /// - Throws: `master.format` or `identifier.*` with the feature's place.
    package static func entries(_ document: JSONValue) throws(ImportRefusal) -> [MasterEntry] {
        guard document["type"]?.asString == "FeatureCollection" else {
            return [try entry(document, at: "")]
        }
        guard let features = document["features"]?.asArray else {
            throw MasterEntry.refusal("features", "is missing")
        }
        var entries: [MasterEntry] = []
        for (index, feature) in features.enumerated() {
            entries.append(try entry(feature, at: "features[\(index)]"))
        }
        return entries
    }

    private static func entry(
        _ feature: JSONValue, at place: String
    ) throws(ImportRefusal) -> MasterEntry {
        let properties = feature["properties"]?.asObject ?? []
        func property(_ name: String) -> JSONValue? {
            properties.first { $0.name == name }?.value
        }
        guard let id = feature["id"] ?? property("subject") ?? property("id"), id.asString != nil
        else {
            throw MasterEntry.refusal(
                MappingJSON.join(place, "id"), "is missing: each plot needs a URI of its own")
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
