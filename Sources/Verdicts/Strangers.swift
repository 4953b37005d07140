import Records

/// Whose word does not count about the things an answer rests on (SPEC §13.2).
package struct Strangers: Sendable {
    private let asked: Set<Subject>
    private let related: [Subject: Set<String>]

    init(_ closure: Closure) {
        asked = closure.asked
        related = closure.related
    }

    /// Whether an organisation is known as a stranger to a thing; of things the answer does not
    /// rest on, nothing is known.
    package func contain(_ organisation: String, to uri: String) -> Bool {
        let subject = Subject(facet: .events, uri: uri)
        return asked.contains(subject) && !(related[subject]?.contains(organisation) ?? false)
    }
}
