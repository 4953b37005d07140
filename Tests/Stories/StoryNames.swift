import EPCIS
import GS1
import Records

/// The short names of a story, so that nobody computes check digits by hand.
///
/// A text that begins with `$` stands for an identifier: `$farm` for an organisation's party GLN,
/// `$farm.field` for a site of it, `$cotton` for a product, `$cotton/A1` for a batch, `$towel#7`
/// for an item, `$farm!3` for a logistic unit, and `$account 2026-03 farm.field cotton` for an
/// account of material.
struct StoryNames {
    private var prefixes: [String: String] = [:]
    private var sites: [String: String] = [:]
    private var gtins: [String: String] = [:]

    init(_ network: JSONValue) throws {
        for member in network["organisations"]?.asObject ?? [] {
            let prefix = try member.value.text("prefix", "organisations.\(member.name)")
            prefixes[member.name] = prefix
            for (number, site) in (member.value["sites"]?.asArray ?? []).enumerated() {
                sites["\(member.name).\(site.asString ?? "")"] = try Self.gln(prefix, number + 1)
            }
        }
        for member in network["products"]?.asObject ?? [] {
            let words = (member.value.asString ?? "").split(separator: " ")
            guard words.count == 2, let prefix = prefixes[String(words[0])],
                let item = Int(words[1])
            else { throw StoryError("products.\(member.name) is its maker and a number: farm 1") }
            gtins[member.name] = try Self.checked("0" + Self.padded(prefix, item, to: 12))
        }
    }

    /// The organisations by alias, sorted.
    var aliases: [String] { prefixes.keys.sorted() }

    /// The identifier that a text stands for; the text itself where it is no short name.
    func expand(_ text: String) throws -> String {
        guard text.hasPrefix("$") else { return text }
        let name = String(text.dropFirst())
        if name.hasPrefix("account ") { return try account(name) }
        if let found = try place(name) ?? thing(name) { return found }
        throw StoryError("\(text) is no name of this story")
    }

    /// A value with every short name in it expanded.
    func expand(_ json: JSONValue) throws -> JSONValue {
        switch json {
        case .string(let text): .string(try expand(text))
        case .array(let items): .array(try items.map(expand))
        case .object(let members):
            .object(try members.map { JSONMember($0.name, try expand($0.value)) })
        default: json
        }
    }

    private func place(_ name: String) throws -> String? {
        if let prefix = prefixes[name] {
            return "https://id.gs1.org/417/" + (try Self.gln(prefix, 0))
        }
        if let gln = sites[name] { return "https://id.gs1.org/414/\(gln)" }
        let parts = name.split(separator: "!")
        guard parts.count == 2, let prefix = prefixes[String(parts[0])], let number = Int(parts[1])
        else { return nil }
        return "https://id.gs1.org/00/"
            + (try Self.checked("0" + Self.padded(prefix, number, to: 16)))
    }

    private func thing(_ name: String) throws -> String? {
        if let gtin = gtins[name] { return "https://id.gs1.org/01/\(gtin)" }
        for (mark, key) in [("/", "10"), ("#", "21")] {
            let parts = name.split(separator: Character(mark), maxSplits: 1)
            guard parts.count == 2, let gtin = gtins[String(parts[0])] else { continue }
            return "https://id.gs1.org/01/\(gtin)/\(key)/\(parts[1])"
        }
        return nil
    }

    private func account(_ name: String) throws -> String {
        let words = name.split(separator: " ").map(String.init)
        guard words.count == 4 else { throw StoryError("$\(name): a month, a site and a product") }
        let (site, material) = (try expand("$" + words[2]), try expand("$" + words[3]))
        return "urn:cairn:account:\(words[1]):\(site) \(material)"
    }

    private static func gln(_ prefix: String, _ number: Int) throws -> String {
        try checked(padded(prefix, number, to: 12))
    }

    private static func padded(_ prefix: String, _ number: Int, to length: Int) throws -> String {
        let digits = String(number)
        let zeros = length - prefix.utf8.count - digits.utf8.count
        guard zeros >= 0 else { throw StoryError("\(number) is too large after \(prefix)") }
        return prefix + String(repeating: "0", count: zeros) + digits
    }

    private static func checked(_ body: String) throws -> String {
        guard let digit = CheckDigit.digit(for: Array(body.utf8)) else {
            throw StoryError("\(body) is no number")
        }
        return body + String(decoding: [digit], as: UTF8.self)
    }
}

extension JSONValue {
    /// A required text.
    func text(_ member: String, _ place: String) throws -> String {
        guard let text = self[member]?.asString else {
            throw StoryError("\(place).\(member) must be a text")
        }
        return text
    }

    /// The texts of a list, or of a single text in place of one; none where it is absent.
    func texts(_ member: String) -> [String] {
        guard let value = self[member] else { return [] }
        return (value.asArray ?? [value]).compactMap(\.asString)
    }
}

/// Reads a time of a story: RFC 3339, or a day for its first moment in UTC.
func milliseconds(_ text: String) throws -> UInt64 {
    if let day = CivilDate(text) { return UInt64(clamping: day.startMilliseconds) }
    do {
        return UInt64(clamping: try ZonedTime(text).milliseconds)
    } catch {
        throw StoryError("\(text) is no time")
    }
}
