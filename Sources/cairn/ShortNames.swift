/// Short forms of URIs for tables, of which no two in one table are alike.
struct ShortNames {
    /// Longer forms are cut in the middle.
    private static let width = 44
    private static let gs1 = "https://id.gs1.org/"

    private var forms: [String: String] = [:]

    /// The forms for all URIs that a table speaks of.
    init(_ uris: Set<String>) {
        var users: [String: [String]] = [:]
        for uri in uris { users[Self.cut(uri), default: []].append(uri) }
        for (form, users) in users {
            // Where two would look alike, each is written in full.
            for uri in users { forms[uri] = users.count == 1 ? form : uri }
        }
    }

    /// The form of a URI; what was not announced is written in full.
    subscript(_ uri: String) -> String { forms[uri] ?? uri }

    /// A GS1 Digital Link begins with its key; a long URI keeps both its ends.
    private static func cut(_ uri: String) -> String {
        let text = uri.hasPrefix(gs1) ? String(uri.dropFirst(gs1.count)) : uri
        guard text.count > width else { return text }
        return text.prefix(width / 2 - 1) + "…" + text.suffix(width / 2)
    }
}
