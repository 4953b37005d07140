import EPCIS

/// A language in which verdicts are told.
package enum MessageLanguage: String, CaseIterable, Hashable, Sendable {
    /// English.
    case en
    /// German.
    case de
}

/// The texts of verdicts for people, in one language (SPEC §24.7).
///
/// A text names parameters in braces. What stands in brackets is left out where one of its
/// parameters is missing or empty. The texts stand in `Messages/<language>.json` and come with the
/// program.
package struct MessageCatalog: Sendable {
    /// The kinds of texts, as the files have them.
    package enum Section: String, CaseIterable, Sendable {
        /// Outcomes by name.
        case outcomes
        /// Findings by code.
        case findings
        /// What else a table says.
        case labels
        /// Why something could not be judged, by code; nothing in English, which the reasons are.
        case refusals
    }

    private let texts: [Section: [String: [Segment]]]

    private struct Segment: Hashable {
        var pieces: [Piece]
        var isOptional: Bool
    }

    private enum Piece: Hashable {
        case text(String)
        case parameter(String)
    }

    /// The texts of a language.
    package static func of(_ language: MessageLanguage) -> MessageCatalog {
        switch language {
        case .en: english
        case .de: german
        }
    }

    private static let english = MessageCatalog(PackageResources.en_json)
    private static let german = MessageCatalog(PackageResources.de_json)

    private init(_ file: [UInt8]) {
        let json = try? JSONValue.parse(file)
        var texts: [Section: [String: [Segment]]] = [:]
        for section in Section.allCases {
            for member in json?[section.rawValue]?.asObject ?? [] {
                texts[section, default: [:]][member.name] =
                    Self.segments(member.value.asString ?? "")
            }
        }
        self.texts = texts
    }

    private static func segments(_ text: String) -> [Segment] {
        var segments: [Segment] = []
        var rest = text[...]
        while !rest.isEmpty {
            let isOptional = rest.first == "["
            if isOptional { rest.removeFirst() }
            let end = rest.firstIndex(of: isOptional ? "]" : "[") ?? rest.endIndex
            segments.append(Segment(pieces: pieces(rest[..<end]), isOptional: isOptional))
            rest = rest[end...]
            if isOptional, !rest.isEmpty { rest.removeFirst() }
        }
        return segments
    }

    private static func pieces(_ text: Substring) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while !rest.isEmpty {
            let start = rest.firstIndex(of: "{") ?? rest.endIndex
            if start > rest.startIndex { pieces.append(.text(String(rest[..<start]))) }
            guard let end = rest[start...].firstIndex(of: "}") else { break }
            pieces.append(.parameter(String(rest[rest.index(after: start)..<end])))
            rest = rest[rest.index(after: end)...]
        }
        return pieces
    }

    // MARK: Asking

    /// The names that there are texts for.
    package func names(_ section: Section) -> Set<String> { Set((texts[section] ?? [:]).keys) }

    /// The parameters that a text names.
    package func parameters(_ section: Section, _ name: String) -> Set<String> {
        let pieces = (texts[section]?[name] ?? []).flatMap(\.pieces)
        return Set(
            pieces.compactMap { piece in
                guard case .parameter(let name) = piece else { return nil }
                return name
            })
    }

    /// The text of a name with its parameters filled in; the name itself where there is none.
    package func text(
        _ section: Section, _ name: String, _ parameters: [String: String] = [:]
    ) -> String {
        guard let segments = texts[section]?[name] else { return name }
        var text = ""
        for segment in segments {
            let isWhole = segment.pieces.allSatisfy { piece in
                guard case .parameter(let name) = piece else { return true }
                return parameters[name].map { !$0.isEmpty } ?? false
            }
            if segment.isOptional && !isWhole { continue }
            for piece in segment.pieces {
                switch piece {
                case .text(let words): text += words
                case .parameter(let name): text += parameters[name] ?? ""
                }
            }
        }
        return text
    }

    /// Why something could not be judged: the text of the code, else that of its first word, else
    /// the reason that came with it.
    package func reason(_ code: String, else reason: String) -> String {
        let group = code.prefix { $0 != "." }
        let known = [code, String(group)].first { texts[.refusals]?[$0] != nil }
        return known.map { text(.refusals, $0) } ?? reason
    }
}
