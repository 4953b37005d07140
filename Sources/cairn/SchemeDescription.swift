import EPCIS
import Foundation
import Records

/// A claim scheme in a description: an object, or the path of a file that holds one.
enum SchemeDescription {
    /// The scheme that a value describes.
    ///
    /// - Parameters:
    ///   - value: An object (SPEC §24.1), or a path relative to the folder.
    ///   - folder: Where the description lies.
    ///   - place: What the value is called in messages, such as `network.json: schemes[0]`.
    /// - Returns: The scheme, its terms checked.
    /// - Throws: `CommandFailure` naming the place, or the file, and the member.
    static func scheme(_ value: JSONValue, folder: String, place: String) throws -> Scheme {
        guard let path = value.asString else { return try read(value, place: place) }
        let stem = path.hasPrefix("/") || folder.isEmpty ? "" : folder.hasSuffix("/") ? "" : "/"
        let file = (path.hasPrefix("/") ? "" : folder) + stem + path
        do {
            return try read(try JSONValue.parse(try Files.read(file, as: .json)), place: file)
        } catch let error as JSONError {
            throw CommandFailure(
                .badInput, "\(file): \(error.reason) at byte \(error.offset) (\(error.code))")
        }
    }

    /// The schemes of the member `schemes`; none where it is absent.
    static func schemes(of json: JSONValue, folder: String, file: String) throws -> [Scheme] {
        guard let value = json["schemes"], !value.isNull else { return [] }
        guard let items = value.asArray else {
            throw CommandFailure(.badInput, "\(file): schemes: is a list of objects or file names")
        }
        return try items.enumerated().map { index, item in
            try scheme(item, folder: folder, place: "\(file): schemes[\(index)]")
        }
    }

    private static func read(_ json: JSONValue, place: String) throws -> Scheme {
        do {
            return try Scheme.read(json: json)
        } catch {
            throw CommandFailure(error, about: place)
        }
    }
}
