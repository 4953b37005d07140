package import EPCIS

/// One parameter as it was given: a name and texts, nothing of their meaning judged.
package struct QueryParameter: Hashable, Sendable {
    /// The name.
    package let name: String
    /// The values, as texts; none for `null` and for a name without value.
    package let values: [String]

    /// Makes a parameter.
    package init(_ name: String, _ values: [String]) {
        self.name = name
        self.values = values
    }

    /// Splits and decodes the query string of a request, without its `?`.
    ///
    /// Values of a list are separated by `|`, which may be percent-encoded (the OpenAPI document's
    /// `pipeDelimited`, not exploded). A plus sign stands for itself, as in times.
    package static func list(queryString: String) throws(QueryRefusal) -> [QueryParameter] {
        guard queryString.utf8.count <= QueryLimits.queryStringByteCount else {
            throw QueryRefusal(
                "",
                "the query has more than \(QueryLimits.queryStringByteCount) bytes: register it "
                    + "with POST /queries")
        }
        var parameters: [QueryParameter] = []
        for pair in queryString.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = try decoded(pair[..<equals], of: "")
            let value = try decoded(pair[equals...].dropFirst(), of: name)
            let pieces = value.utf8.split(
                separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
            parameters.append(
                QueryParameter(name, value.isEmpty ? [] : pieces.map { String(Substring($0)) }))
        }
        return parameters
    }

    /// Takes the members of a query in JSON; `@context` is left out.
    package static func list(json: JSONValue) throws(QueryRefusal) -> [QueryParameter] {
        guard let members = json.asObject else {
            throw QueryRefusal("query", "a query is an object, not \(json.kindName)")
        }
        var parameters: [QueryParameter] = []
        for member in members where member.name != "@context" {
            var values: [String] = []
            for element in member.value.asArray ?? [member.value] {
                if member.value.isNull { break }
                values.append(try text(of: element, member.name))
            }
            parameters.append(QueryParameter(member.name, values))
        }
        return parameters
    }

    private static func text(
        of value: JSONValue, _ name: String
    ) throws(QueryRefusal) -> String {
        switch value {
        case .string(let text): return text
        case .number(let number): return number.text
        case .bool(let flag): return flag ? "true" : "false"
        case .null, .array, .object:
            throw QueryRefusal(name, "a value is a text, a number, true or false")
        }
    }

    private static func decoded(
        _ encoded: Substring.UTF8View, of name: String
    ) throws(QueryRefusal) -> String {
        var bytes: [UInt8] = []
        var rest = encoded
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else {
                throw QueryRefusal(name, "after % two hexadecimal digits are expected")
            }
            bytes.append(high << 4 | low)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw QueryRefusal(name, "the decoded text is not UTF-8")
        }
        return text
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let byte) where (0x30...0x39).contains(byte): byte - 0x30
        case .some(let byte) where (0x61...0x66).contains(byte | 0x20): (byte | 0x20) - 0x57
        default: nil
        }
    }

    /// Refuses too many parameters or values, long names and names given twice.
    static func checkBounds(_ parameters: [QueryParameter]) throws(QueryRefusal) {
        guard parameters.count <= QueryLimits.parameterCount else {
            throw QueryRefusal("", "at most \(QueryLimits.parameterCount) parameters are read")
        }
        var seen: Set<[UInt8]> = []
        var valueCount = 0
        for parameter in parameters {
            guard parameter.name.utf8.count <= QueryLimits.nameByteCount else {
                throw QueryRefusal(
                    parameter.name, "a name has at most \(QueryLimits.nameByteCount) bytes")
            }
            guard seen.insert(Array(parameter.name.utf8)).inserted else {
                throw QueryRefusal(
                    parameter.name, "given twice: write it once, its values separated by |")
            }
            valueCount += parameter.values.count
        }
        guard valueCount <= QueryLimits.valueCount else {
            throw QueryRefusal("", "at most \(QueryLimits.valueCount) values are read")
        }
    }
}
