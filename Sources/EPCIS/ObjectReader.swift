/// Reads the members of a JSON object by name; an error is told with the member's name.
struct ObjectReader {
    /// The members in source order.
    let members: [JSONMember]

    /// Takes an object of the standard and checks its member names.
    ///
    /// Every name must be among `names`, the standard's own, or, where the object is
    /// `extensible`, be a URI or CURIE.
    init(
        _ value: JSONValue, names: Set<String>, extensible: Bool = false
    ) throws(EPCISError) {
        guard case .object(let members) = value else { throw .format("an object", value) }
        self.members = members
        for member in members where !names.contains(member.name) {
            guard extensible else {
                throw EPCISError(
                    "epcis.unexpected", field: JSONPath.shown(member.name),
                    "the standard knows no such field here, and no extension may stand here")
            }
            guard URISyntax.isURI(member.name) else {
                throw EPCISError(
                    "epcis.unexpected", field: JSONPath.shown(member.name),
                    "no such field belongs here; an extension's name must be prefix:name or a URI")
            }
        }
    }

    /// Takes an object of which any member may have any name.
    init(open value: JSONValue) throws(EPCISError) {
        guard case .object(let members) = value else { throw .format("an object", value) }
        self.members = members
    }

    /// The value of a member, if present; the name is ASCII, which nothing else equals.
    subscript(_ name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// Reads a member if it is present; an error inside is told with the member's name.
    func read<T>(
        _ name: String, _ body: (JSONValue) throws(EPCISError) -> T
    ) throws(EPCISError) -> T? {
        guard let value = self[name] else { return nil }
        do throws(EPCISError) {
            return try body(value)
        } catch {
            throw error.inside(name)
        }
    }

    /// Reads a member that must be present.
    func require<T>(
        _ name: String, _ body: (JSONValue) throws(EPCISError) -> T
    ) throws(EPCISError) -> T {
        guard let result = try read(name, body) else {
            throw EPCISError("epcis.missing", field: name, "this field is required")
        }
        return result
    }

    /// Reads an array's elements; an absent array has none.
    @discardableResult
    func readList<T>(
        _ name: String, unique: Bool = false, _ body: (JSONValue) throws(EPCISError) -> T
    ) throws(EPCISError) -> [T] {
        guard let value = self[name] else { return [] }
        do throws(EPCISError) {
            return try Scalars.list(value, unique: unique, body)
        } catch {
            throw error.inside(name)
        }
    }
}

/// Readers of the standard's simple values; each error's field is left to the caller.
enum Scalars {
    /// Any string.
    static func string(_ value: JSONValue) throws(EPCISError) -> String {
        guard let text = value.asString else { throw .format("a string", value) }
        return text
    }

    /// A URI or CURIE, kept as written.
    static func uri(_ value: JSONValue) throws(EPCISError) -> String {
        let text = try string(value)
        guard text.utf8.count <= EPCISLimits.uriByteCount else {
            throw EPCISError("epcis.uri", "a URI of more than \(EPCISLimits.uriByteCount) bytes")
        }
        guard URISyntax.isURI(text) else {
            throw EPCISError("epcis.uri", "\"\(JSONPath.shown(text))\" is not a URI (RFC 3986)")
        }
        return text
    }

    /// A time with a zone.
    static func time(_ value: JSONValue) throws(EPCISError) -> ZonedTime {
        try ZonedTime(try string(value))
    }

    /// Any number; nothing is computed with it here.
    static func number(_ value: JSONValue) throws(EPCISError) {
        guard value.asNumber != nil else { throw .format("a number", value) }
    }

    /// The elements of an array; where they must be `unique`, two equal ones are refused.
    static func list<T>(
        _ value: JSONValue, unique: Bool = false, _ body: (JSONValue) throws(EPCISError) -> T
    ) throws(EPCISError) -> [T] {
        guard let elements = value.asArray else { throw .format("an array", value) }
        var seen: Set<JSONValue> = []
        var results: [T] = []
        results.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do throws(EPCISError) {
                results.append(try body(element))
                if unique, !seen.insert(element).inserted {
                    throw EPCISError("epcis.repeated", "the list holds this value already")
                }
            } catch {
                throw error.inside("[\(index)]")
            }
        }
        return results
    }
}
