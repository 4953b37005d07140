import Foundation
package import MerkleTrees

/// One file of worked vectors under `Tests/Vectors/cairn` (SPEC §22).
package struct VectorFile {
    /// The members of the file beside its cases.
    package let members: VectorCase
    /// The cases.
    package let cases: [VectorCase]

    /// Reads a file by its name without `.json`.
    package init(_ name: String) throws {
        let data = Data(try Vectors.bytes("cairn/\(name).json"))
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let cases = object["cases"] as? [[String: Any]]
        else { throw VectorError(name: name, member: "cases") }
        members = VectorCase(object, file: name)
        self.cases = cases.map { VectorCase($0, file: name) }
    }
}

/// A member that a vector does not have, or not in the form asked for.
package struct VectorError: Error, Hashable {
    /// The file and the case.
    package var name: String
    /// The member.
    package var member: String
}

/// One case of a vector file, or an object in it.
package struct VectorCase {
    private let object: [String: Any]
    /// The file and the case, for failures.
    package let name: String

    init(_ object: [String: Any], file: String) {
        self.object = object
        name = "\(file): \(object["name"] as? String ?? "")"
    }

    /// Whether the object has a member that is not null.
    package func has(_ member: String) -> Bool {
        object[member].map { !($0 is NSNull) } ?? false
    }

    private func value<Value>(_ member: String, as type: Value.Type) throws -> Value {
        guard let value = object[member] as? Value else {
            throw VectorError(name: name, member: member)
        }
        return value
    }

    /// A member that is text.
    package func text(_ member: String) throws -> String { try value(member, as: String.self) }

    /// A member that is text, or null.
    package func textOrNil(_ member: String) throws -> String? {
        has(member) ? try text(member) : nil
    }

    /// A member that is a number.
    package func number(_ member: String) throws -> UInt64 {
        try value(member, as: NSNumber.self).uint64Value
    }

    /// A member that is true or false.
    package func bool(_ member: String) throws -> Bool { try value(member, as: Bool.self) }

    /// A member that is hexadecimal digits.
    package func bytes(_ member: String) throws -> [UInt8] { Hex.bytes(try text(member)) }

    /// A member that is a hash in hexadecimal digits.
    package func hash(_ member: String) throws -> Hash256 {
        guard let hash = Hash256(try bytes(member)) else {
            throw VectorError(name: name, member: member)
        }
        return hash
    }

    /// A member that is a list of texts.
    package func texts(_ member: String) throws -> [String] {
        try value(member, as: [String].self)
    }

    /// A member that is a list of byte strings in hexadecimal digits.
    package func byteStrings(_ member: String) throws -> [[UInt8]] {
        try texts(member).map(Hex.bytes)
    }

    /// A member that is a list of numbers.
    package func numbers(_ member: String) throws -> [UInt64] {
        try value(member, as: [NSNumber].self).map(\.uint64Value)
    }

    /// A member that is a list of lists of texts, numbers and nulls.
    package func rows(_ member: String) throws -> [[VectorScalar]] {
        try value(member, as: [[Any]].self).map { row in
            try row.map { item in
                switch item {
                case let text as String: return .text(text)
                case let number as NSNumber: return .number(number.uint64Value)
                case is NSNull: return .null
                default: throw VectorError(name: name, member: member)
                }
            }
        }
    }

    /// A member that is an object.
    package func object(_ member: String) throws -> VectorCase {
        VectorCase(try value(member, as: [String: Any].self), file: "\(name).\(member)")
    }

    /// A member that is a list of objects.
    package func objects(_ member: String) throws -> [VectorCase] {
        try value(member, as: [[String: Any]].self).enumerated().map {
            VectorCase($1, file: "\(name).\(member)[\($0)]")
        }
    }

    /// The names of all members, sorted.
    package var memberNames: [String] { object.keys.sorted() }
}

/// A value in a list of a vector.
package enum VectorScalar: Hashable {
    /// Text.
    case text(String)
    /// A number.
    case number(UInt64)
    /// Null.
    case null

    /// The text, or nothing.
    package var text: String? { if case .text(let text) = self { text } else { nil } }
    /// The number, or nothing.
    package var number: UInt64? { if case .number(let number) = self { number } else { nil } }
    /// The hash that the text spells, or nothing.
    package var hash: Hash256? { text.flatMap { Hash256(Hex.bytes($0)) } }
}
