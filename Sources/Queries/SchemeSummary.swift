import EPCIS
import GS1
import MerkleTrees
import Records

/// One claim scheme of a network, as programs and people read it.
struct SchemeSummary {
    private let id: String
    /// Nil where the terms are of another form than SPEC §24.1 gives.
    private let terms: SchemeTerms?

    init(id: String, terms: SchemeTerms?) {
        self.id = id
        self.terms = terms
    }

    /// The scheme as descriptions write it, with the digest of its terms; the id alone where the
    /// terms are of another form.
    var json: JSONValue {
        guard let terms, let members = terms.json(id: id).asObject else {
            return .object([JSONMember("id", .string(id))])
        }
        return .object(members + [JSONMember("digest", .string(terms.digest.hex))])
    }

    /// The scheme for people.
    var lines: [String] {
        guard let terms else {
            return ["  \(id)", "    terms of another form: no claim is judged under it"]
        }
        let reach =
            switch terms.reach {
            case .subject: "the making of the subject"
            case .all: "all steps upstream"
            case .origins: "the origins"
            }
        let covers = terms.covers.map(\.rawValue).joined(separator: ", ")
        var lines = ["  \(terms.title)  (\(terms.version), \(terms.topic))", "    \(id)"]
        lines.append("    certificates for \(reach), naming \(covers)")
        lines += terms.criteria.map { "    criterion \($0)" }
        if !terms.models.isEmpty {
            let models = terms.models.map(\.name).joined(separator: ", ")
            let unit = terms.unit.map { ", in \($0.text)" } ?? ""
            lines.append("    \(models), share from \(terms.minimumShare)\(unit)")
        }
        for process in terms.processes {
            let kind = process.grows ? "grows" : "yields at most \(process.yield)"
            lines.append("    \(process.uri) \(kind)")
        }
        if terms.needsPlots { lines.append("    origins are plots with coordinates or geometry") }
        return lines
    }
}

extension GovernanceState {
    /// The schemes of the network, by id.
    var schemeSummaries: [SchemeSummary] {
        schemes.sorted { $0.key < $1.key }.map { id, terms in
            SchemeSummary(id: id, terms: try? SchemeTerms.read(terms))
        }
    }

    /// The schemes of the network for people, under a heading of their own.
    var schemeLines: [String] {
        schemes.isEmpty ? [] : ["", "claim schemes"] + schemeSummaries.flatMap(\.lines)
    }
}
