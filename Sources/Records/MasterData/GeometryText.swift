import EPCIS
import GS1

/// GeoJSON geometries (RFC 7946 §3.1) of plots and sites: points and polygons.
package enum GeometryText {
    /// The longest text, in bytes.
    package static let byteLimit = 256 << 10
    /// The most positions in one geometry.
    package static let positionLimit = 10_000

    private static let limits: JSONLimits = {
        var limits = JSONLimits()
        limits.byteCount = byteLimit
        limits.depth = 8
        return limits
    }()

    /// The compact text of a geometry: `type`, then `coordinates`, numbers as they were.
    ///
    /// A polygon's rings must be closed and have four positions; what they surround is not judged.
    ///
    /// - Throws: `record.master-data` or `json.*`.
    package static func compact(_ text: String) throws(Refusal) -> String {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(Array(text.utf8), limits: limits)
        } catch {
            throw Refusal(code: error.code, field: "geometry", reason: error.reason)
        }
        guard let type = value["type"]?.asString, let coordinates = value["coordinates"],
            value.asObject?.count == 2
        else { throw refusal("a geometry is an object with type and coordinates alone") }
        var left = positionLimit
        switch type {
        case "Point": try position(coordinates, &left)
        case "Polygon": try polygon(coordinates, &left)
        case "MultiPolygon":
            for part in try elements(coordinates) { try polygon(part, &left) }
        default: throw refusal("a geometry is a Point, a Polygon or a MultiPolygon")
        }
        let members = [JSONMember("type", .string(type)), JSONMember("coordinates", coordinates)]
        return String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
    }

    private static func refusal(_ reason: String) -> Refusal {
        Refusal(code: "record.master-data", field: "geometry", reason: reason)
    }

    private static func elements(_ value: JSONValue) throws(Refusal) -> [JSONValue] {
        guard let elements = value.asArray, !elements.isEmpty else {
            throw refusal("coordinates are arrays as RFC 7946 has them, none of them empty")
        }
        return elements
    }

    private static func polygon(_ value: JSONValue, _ left: inout Int) throws(Refusal) {
        for ring in try elements(value) {
            let positions = try elements(ring)
            guard positions.count >= 4, positions.first == positions.last else {
                throw refusal("a polygon's ring has four positions or more, the last as the first")
            }
            for item in positions { try position(item, &left) }
        }
    }

    /// Longitude, latitude and perhaps an altitude.
    private static func position(_ value: JSONValue, _ left: inout Int) throws(Refusal) {
        left -= 1
        guard left >= 0 else { throw refusal("a geometry has at most \(positionLimit) positions") }
        let numbers = try elements(value).map { $0.asNumber.flatMap { ExactDecimal($0.text) } }
        guard (2...3).contains(numbers.count), let longitude = numbers[0],
            let latitude = numbers[1], numbers.last != .some(nil),
            MasterData.Coordinates(latitude: latitude, longitude: longitude).isOnEarth
        else {
            throw refusal("a position is [longitude −180…180, latitude −90…90] and maybe a height")
        }
    }
}
