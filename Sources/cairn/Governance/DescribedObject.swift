import EPCIS
import Foundation
import MerkleTrees
import Records
import Signatures

/// One JSON object of a description, its members read by name; errors name file and place.
struct DescribedObject {
    /// Where the descriptions's key files are, and what governance knows already.
    struct Context {
        /// The file, for messages.
        var file: String
        /// Its folder: key paths are relative to it.
        var folder: String
        /// The governance before the change that is read.
        var state: GovernanceState

        /// A failure at a place of the file.
        func failure(_ place: String, _ reason: String) -> CommandFailure {
            CommandFailure(.badInput, "\(file): \(place): \(reason)")
        }
    }

    let place: String
    let context: Context
    private let members: [String: JSONValue]

    /// Reads an object that has these members at most.
    init(
        _ value: JSONValue, at place: String, known: [String], in context: Context
    ) throws {
        guard case .object(let found) = value else {
            throw context.failure(place, "an object is expected here, not \(value.kindName)")
        }
        for member in found where !known.contains(member.name) {
            throw context.failure(
                "\(place).\(member.name)",
                "is no known member; known are \(known.sorted().joined(separator: ", "))")
        }
        self.place = place
        self.context = context
        members = Dictionary(found.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// A failure at a member.
    func failure(_ name: String, _ reason: String) -> CommandFailure {
        context.failure("\(place).\(name)", reason)
    }

    /// Whether a member is there and not null.
    func has(_ name: String) -> Bool { members[name].map { !$0.isNull } ?? false }

    /// Whether a member is there, even as null.
    func names(_ name: String) -> Bool { members[name] != nil }

    /// A member that must be there.
    func value(_ name: String) throws -> JSONValue {
        guard let value = members[name] else { throw failure(name, "is missing") }
        return value
    }

    // MARK: Kinds of values

    func text(_ name: String) throws -> String {
        let value = try value(name)
        guard let text = value.asString else {
            throw failure(name, "a text is expected here, not \(value.kindName)")
        }
        return text
    }

    func text(_ name: String, else known: String?) throws -> String {
        if !has(name), let known { return known }
        return try text(name)
    }

    func items(_ name: String) throws -> [JSONValue] {
        let value = try value(name)
        guard let items = value.asArray else {
            throw failure(name, "an array is expected here, not \(value.kindName)")
        }
        return items
    }

    func texts(_ name: String, else known: [String] = []) throws -> [String] {
        guard has(name) else { return known }
        return try items(name).enumerated().map { index, item in
            guard let text = item.asString else {
                throw failure("\(name)[\(index)]", "a text is expected here, not \(item.kindName)")
            }
            return text
        }
    }

    func objects(_ name: String, known: [String]) throws -> [DescribedObject] {
        try items(name).enumerated().map { index, item in
            try DescribedObject(item, at: "\(place).\(name)[\(index)]", known: known, in: context)
        }
    }

    func number(_ name: String, else known: UInt64? = nil) throws -> UInt64 {
        if !has(name), let known { return known }
        guard let number = try value(name).asNumber.flatMap({ UInt64($0.text) }) else {
            throw failure(name, "a whole number is expected here")
        }
        return number
    }

    func hash(_ name: String) throws -> Hash256 {
        guard let hash = Hash256(hex: try text(name)) else {
            throw failure(name, "64 hexadecimal digits are expected here")
        }
        return hash
    }

    func milliseconds(_ name: String) throws -> UInt64 {
        let text = try text(name)
        guard let time = try? ZonedTime(text) else {
            throw failure(name, "\(text) is no time; write 2026-06-01T00:00:00Z")
        }
        return UInt64(time.milliseconds)
    }

    func milliseconds(_ name: String, else known: UInt64) throws -> UInt64 {
        has(name) ? try milliseconds(name) : known
    }

    func role(_ text: String) throws -> OrganisationRole {
        guard let role = OrganisationRole(rawValue: text) else {
            let known = OrganisationRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure("roles", "\(text) is no role; known are \(known)")
        }
        return role
    }

    func purpose(_ name: String) throws -> KeyPurpose {
        let text = try text(name)
        guard let purpose = KeyPurpose(rawValue: text) else {
            let known = KeyPurpose.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure(name, "\(text) is no purpose of a key; known are \(known)")
        }
        return purpose
    }

    /// A public key: PEM text, the path of a PEM file, or the thumbprint of a key that governance
    /// has listed.
    func key(_ name: String) throws -> VerificationKey {
        let text = try text(name)
        if let thumbprint = Hash256(hex: text) {
            guard let known = context.state.key(thumbprint) else {
                throw failure(name, "governance has listed no key with this thumbprint")
            }
            return known.key
        }
        if text.contains("-----BEGIN ") {
            do {
                return try KeyFile.readPublic(pem: Array(text.utf8))
            } catch {
                throw failure(name, "\(error.reason) (\(error.code))")
            }
        }
        do {
            return try Files.publicKey(context.path(text))
        } catch let error as CommandFailure {
            throw failure(name, error.message)
        }
    }

    /// A key that may be left out, or be null to take it away.
    func key(_ name: String, else known: VerificationKey?) throws -> VerificationKey? {
        guard names(name) else { return known }
        return has(name) ? try key(name) : nil
    }
}

extension DescribedObject.Context {
    /// A path as the description names it.
    func path(_ text: String) -> String {
        text.hasPrefix("/") ? text : (folder.hasSuffix("/") ? folder : folder + "/") + text
    }
}
